import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DoctorReport } from '../../src/index.js';
import { runCommandLine, runInOwnProcess } from '../support/command-line.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

describe('tenxyte-maintenance doctor', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  const doctor = (...args: string[]) => runCommandLine(['doctor', ...args], { DATABASE_URL: role.url });

  beforeAll(() => database.query(`grant select, update, delete on all tables in schema public to ${role.name}`));

  it('exits 0 on a healthy database and says what it looked at', async () => {
    const { exitCode, stdout, stderr } = await doctor();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^In order\n {2}connection: PostgreSQL .*\n {2}clock: /m);
    expect(stdout).toMatch(/\n\n0 problems, 0 advice, 22 in order\n$/);
    expect(stdout).not.toContain('\u001B');
  });

  describe('with something wrong', () => {
    beforeAll(async () => {
      await database.query(`revoke delete on audit_logs from ${role.name}`);
      await database.query('drop table webauthn_challenges');
    });

    it('exits 5, problems first, each with what to do', async () => {
      const { exitCode, stdout, stderr } = await runInOwnProcess(['doctor'], { DATABASE_URL: role.url });
      expect(exitCode).toBe(5);
      expect(stderr).toBe('tenxyte-maintenance: doctor found 1 problem.\n');
      expect(stdout).toMatch(/^Problems\n.*^Advice\n.*^In order\n/ms);
      expect(stdout).toContain(`    what to do: grant delete on "public"."audit_logs" to "${role.name}";`);
      expect(stdout).toMatch(/\n1 problem, 1 advice, 20 in order\n$/);
    });

    it('gives the report as one JSON document', async () => {
      const { exitCode, stdout } = await doctor('--json');
      const report: DoctorReport = JSON.parse(stdout);
      expect({ exitCode, problems: report.problems }).toEqual({ exitCode: 5, problems: 1 });
      expect(report.checks.filter(({ level }) => level !== 'ok').map(({ subject }) => subject)).toEqual([
        'audit_logs',
        'webauthn_challenges',
      ]);
    });
  });
});
