import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { MaintenanceStatus } from '../../src/index.js';
import { runCommandLine, runInOwnProcess, useConfigFiles } from '../support/command-line.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';

const DAY_MS = 86_400_000;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

describe('tenxyte-maintenance status', () => {
  const database = useTestDatabase();
  const configFile = useConfigFiles();
  const status = (...args: string[]) => runCommandLine(['status', ...args], { DATABASE_URL: database.url });

  it('says that nothing ran on a database that never saw this package, creates nothing and exits 0', async () => {
    const { exitCode, stdout, stderr } = await status();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(/^cleanup +not known +never +unknown$/m);
    expect(stdout).toMatch(/^as of \S+Z, nothing has run on this database yet$/m);
    expect(await database.query(`select 1 from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
  });

  describe('with runs', () => {
    beforeAll(() => runCommandLine(['migrate'], { DATABASE_URL: database.url }));
    beforeEach(async () => {
      await database.query('truncate tenxyte_maintenance.runs, tenxyte_maintenance.schedules');
      await database.query(
        `insert into tenxyte_maintenance.schedules values ('cleanup', '0 3 * * *', 'Europe/Berlin', now())`,
      );
      await insertRuns(database, [
        { started_at: ago(DAY_MS), report: { rows: 1234, targets: [] } },
        {
          task: 'agent-heartbeat',
          started_at: ago(120_000),
          status: 'failed',
          error: { code: 'UNEXPECTED', retryable: false, message: 'red \u001B[31malert\nnext line' },
        },
        {
          task: 'dependency-scan',
          owner: 'pod\u001B[2J:1:ab',
          started_at: ago(5_000),
          status: 'running',
          lease_expires_at: ago(-60_000),
        },
      ]);
    });

    it('shows a row for each task, who is at work and why the health is what it is', async () => {
      const { exitCode, stdout, stderr } = await runInOwnProcess(['status'], { DATABASE_URL: database.url });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).toMatch(
        /^task +schedule +time zone +last run \(UTC\) +ended +time +what it did +next run \(UTC\) +health$/m,
      );
      expect(stdout).toMatch(
        /^cleanup +At 03:00 +Europe\/Berlin +[-\d]+ [:\d]+ +succeeded +1\.5 s +deleted 1,234 rows +[-\d]+ [:\d]+ +ok$/m,
      );
      expect(stdout).toMatch(/^agent-heartbeat .* failed +1\.5 s +red {2}\[31malert next line +- +failing$/m);
      expect(stdout).toMatch(
        /^dependency-scan is at work: run \S+ of pod \[2J:1:ab since \S+; its lease has 5\d s left$/m,
      );
      expect(stdout).toMatch(/^agent-heartbeat: failing, its last run, begun at \S+, failed \(UNEXPECTED\)$/m);
      expect(stdout).toContain('schedules as the application recorded them');
      expect(stdout).not.toContain('\u001B');
    });

    it('gives the same as one JSON document', async () => {
      const { exitCode, stdout, stderr } = await status('--json');
      const document: MaintenanceStatus = JSON.parse(stdout);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(document).toMatchObject({ task: 'status', status: 'succeeded', isRecorded: true });
      expect(document.tasks.map(({ task, health }) => [task, health])).toEqual([
        ['cleanup', 'ok'],
        ['agent-heartbeat', 'failing'],
        ['totp-key-rotation', 'unknown'],
        ['dependency-scan', 'unknown'],
      ]);
    });

    it('takes the schedules of a config file that gives any', async () => {
      const config = configFile(`export default { schedule: { cleanup: '0 5 * * *', agentHeartbeat: false } };`);
      const { stdout } = await status('--config', config);
      expect(stdout).toMatch(/^cleanup +At 05:00 +UTC /m);
      expect(stdout).toMatch(/^agent-heartbeat +off .* off$/m);
      expect(stdout).toContain('schedules of the options in force here');
    });
  });
});
