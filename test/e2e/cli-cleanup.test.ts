import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CleanupReport } from '../../src/index.js';
import { CLEANUP_TARGET_NAMES } from '../../src/index.js';
import { runCommandLine, runInOwnProcess, useConfigFiles } from '../support/command-line.js';
import { insertReferences, insertRows, tableOfTarget } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const LONG_AGO = '2001-01-01T00:00:00Z';
const ESCAPE = '\u001B';

describe('tenxyte-maintenance cleanup', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  const configFile = useConfigFiles();

  beforeAll(async () => {
    await insertReferences(database);
    await database.query(`grant select, update, delete on all tables in schema public to ${role.name}`);
  });

  /** Two rows that are due in otp_codes and three in login_attempts, and one that is not in each. */
  beforeEach(async () => {
    await database.query(`truncate ${CLEANUP_TARGET_NAMES.map(tableOfTarget).join(', ')}`);
    await insertRows(database, 'otp_codes', [{ is_used: true }, { expires_at: LONG_AGO }, {}]);
    await insertRows(database, 'login_attempts', [
      { created_at: LONG_AGO },
      { created_at: LONG_AGO },
      { created_at: LONG_AGO },
      {},
    ]);
  });

  const rowsLeft = async (table: string): Promise<number> => (await database.query(`select 1 from ${table}`)).length;
  const cleanup = (...args: string[]) => runCommandLine(['cleanup', ...args], { DATABASE_URL: role.url });
  const builtCleanup = (...args: string[]) => runInOwnProcess(['cleanup', ...args], { DATABASE_URL: role.url });

  it('deletes what is due, shows a table of it and exits 0', async () => {
    const { exitCode, stdout, stderr } = await builtCleanup();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toMatch(
      /^target +status +deleted +cutoff \(UTC\) +retention +strategy +batches +longest batch +time$/m,
    );
    expect(stdout).toMatch(
      /^otp_codes +succeeded +2 +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +- +heap-walk +1 +\d+ ms +\d+ ms$/m,
    );
    expect(stdout).toMatch(/^login_attempts +succeeded +3 .+ 90 days +heap-walk /m);
    expect(stdout).toMatch(/^succeeded: deleted 5 rows in /m);
    expect([await rowsLeft('otp_codes'), await rowsLeft('login_attempts')]).toEqual([1, 1]);
  });

  it('writes neither colour nor progress into a pipe', async () => {
    const { stdout, stderr } = await builtCleanup();
    expect(stdout).not.toContain(ESCAPE);
    expect(stderr).toBe('');
  });

  it('takes the database from --database-url before DATABASE_URL', async () => {
    const args = ['cleanup', '--database-url', role.url];
    expect(await runCommandLine(args, { DATABASE_URL: 'nonsense' })).toMatchObject({ exitCode: 0 });
    expect(await rowsLeft('otp_codes')).toBe(1);
  });

  it('counts in a dry run and deletes nothing', async () => {
    const { exitCode, stdout } = await cleanup('--dry-run');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^target +status +would delete /m);
    expect(stdout).toMatch(/^succeeded: would delete 5 rows in .*nothing was changed/m);
    expect([await rowsLeft('otp_codes'), await rowsLeft('login_attempts')]).toEqual([3, 4]);
  });

  it('prints the report as exactly one JSON document with --json', async () => {
    const { exitCode, stdout, stderr } = await cleanup('--json');
    const report: CleanupReport = JSON.parse(stdout);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(report).toMatchObject({ task: 'cleanup', status: 'succeeded', dryRun: false, rows: 5 });
    expect(report.targets).toHaveLength(7);
  });

  it('works on the targets of --only alone, given in one list', async () => {
    const { stdout } = await cleanup('--json', '--only', 'login_attempts, audit_logs,webauthn_challenges');
    const { targets }: CleanupReport = JSON.parse(stdout);
    expect(targets.map(({ name }) => name)).toEqual(['login_attempts', 'audit_logs', 'webauthn_challenges']);
    expect(await rowsLeft('otp_codes')).toBe(3);
  });

  it('adds the targets of --include', async () => {
    await insertRows(database, 'webauthn_challenges', [{ is_used: true }]);
    const { stdout } = await cleanup('--include', 'webauthn_challenges');
    expect(stdout).toMatch(/^webauthn_challenges +succeeded +1 /m);
    expect(await rowsLeft('webauthn_challenges')).toBe(0);
  });

  it('keeps forever with 0 days', async () => {
    const { exitCode, stdout } = await cleanup('--login-attempts-days', '0');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^login_attempts +skipped +- +- +forever /m);
    expect(stdout).toContain('login_attempts was skipped: its retention is 0, which keeps every row');
    expect(await rowsLeft('login_attempts')).toBe(4);
  });

  it('obeys the days of a flag before those of the config file', async () => {
    const config = configFile('export default () => ({ retention: { loginAttemptsDays: 0, auditLogDays: 30 } })');
    const { stdout } = await cleanup('--json', '--config', config, '--login-attempts-days', '36500');
    const { targets }: CleanupReport = JSON.parse(stdout);
    expect(targets.map(({ retentionDays }) => retentionDays)).toEqual([null, null, null, null, 36_500, 30, 90]);
    expect(await rowsLeft('login_attempts')).toBe(4);
  });

  it('refuses days outside the retention bounds of the config file before anything is deleted', async () => {
    const config = configFile(
      'export default { retentionBounds: { loginAttemptsDays: { minDays: 30, maxDays: 90 } } }',
    );
    const { exitCode, stdout, stderr } = await cleanup('--config', config, '--login-attempts-days', '29');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toBe(
      'tenxyte-maintenance: The retention policy breaks the retention bounds: loginAttemptsDays is 29, at least 30 is required. Nothing was deleted.\n',
    );
    expect(await rowsLeft('otp_codes')).toBe(3);
  });

  it('refuses what a brake of the config file refuses, exits 3, and deletes it with --force', async () => {
    const config = ['--config', configFile('export default { cleanup: { maxRowsPerTarget: 2 } }')];
    const refused = await cleanup(...config);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(
      /^tenxyte-maintenance: 1 of 7 targets refused: login_attempts \(BRAKE_MAX_ROWS\)\.$/m,
    );
    expect([await rowsLeft('otp_codes'), await rowsLeft('login_attempts')]).toEqual([1, 4]);
    expect((await cleanup(...config, '--dry-run')).stdout).toContain(
      'login_attempts: 3 rows due, a real run would refuse it (BRAKE_MAX_ROWS)',
    );
    expect(await cleanup(...config, '--force')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await rowsLeft('login_attempts')).toBe(1);
  });

  it('exits 6 when its time is over, and takes its time from --max-duration before the config file', async () => {
    const config = ['--config', configFile('export default { cleanup: { maxDurationMs: 1 } }')];
    const stopped = await builtCleanup(...config);
    expect(stopped).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('cleanup stopped (TIME_BUDGET)') });
    expect(await cleanup(...config, '--max-duration', '3600')).toMatchObject({ exitCode: 0, stderr: '' });
    expect([await rowsLeft('otp_codes'), await rowsLeft('login_attempts')]).toEqual([1, 1]);
  });

  it('exits 1 when the retention provider of the config file fails, and closes its connections', async () => {
    const config = configFile(
      'export default { retention: { useFactory: () => ({ getRetention() { throw new Error("flags are down") } }) } }',
    );
    const { exitCode, stdout, stderr } = await cleanup('--json', '--config', config);
    expect({ exitCode, error: JSON.parse(stdout) }).toMatchObject({
      exitCode: 1,
      error: { error: { code: 'RETENTION_PROVIDER' } },
    });
    expect(stderr).toContain('flags are down');
    expect(await rowsLeft('otp_codes')).toBe(3);
  });

  it('keeps what a config file prints off standard output', async () => {
    const config = configFile('console.log("loaded"); export default {}');
    const env = { DATABASE_URL: role.url };
    const { stdout, stderr } = await runInOwnProcess(['cleanup', '--json', '--config', config], env);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded' });
    expect(stderr).toBe('loaded\n');
  });

  describe('when the role may not delete from one table', () => {
    beforeAll(() => database.query(`revoke delete on login_attempts from ${role.name}`));

    it('exits 3, does the rest, and says which target failed', async () => {
      const { exitCode, stdout, stderr } = await builtCleanup();
      expect(exitCode).toBe(3);
      expect(stderr).toBe('tenxyte-maintenance: 1 of 7 targets failed: login_attempts (PERMISSION_DENIED).\n');
      expect(stdout).toMatch(
        /^login_attempts failed \(PERMISSION_DENIED\): permission denied for table login_attempts/m,
      );
      expect(stdout).toMatch(/^partial: deleted 2 rows/m);
      expect([await rowsLeft('otp_codes'), await rowsLeft('login_attempts')]).toEqual([1, 4]);
    });

    it('gives the partial report as one JSON document', async () => {
      const { exitCode, stdout } = await cleanup('--json');
      const report: CleanupReport = JSON.parse(stdout);
      expect({ exitCode, status: report.status }).toEqual({ exitCode: 3, status: 'partial' });
      expect(report.targets.find(({ name }) => name === 'login_attempts')?.error?.code).toBe('PERMISSION_DENIED');
    });

    it('exits 1 when that is the only target', async () => {
      const { exitCode, stdout, stderr } = await builtCleanup('--json', '--only', 'login_attempts');
      expect({ exitCode, report: JSON.parse(stdout) }).toMatchObject({ exitCode: 1, report: { status: 'failed' } });
      expect(stderr).toBe('tenxyte-maintenance: 1 of 1 target failed: login_attempts (PERMISSION_DENIED).\n');
    });
  });
});
