import { beforeAll, describe, expect, it } from '@jest/globals';
import type { CleanupReport, RecordedRun, RunSummary } from '../../src/index.js';
import { runCommandLine, runInOwnProcess } from '../support/command-line.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';

/** Nothing listens there: whatever gets as far as connecting fails with exit code 1, not 2. */
const UNREACHABLE = { DATABASE_URL: 'postgres://somebody@127.0.0.1:1/nowhere' };

describe('tenxyte-maintenance history', () => {
  const database = useTestDatabase();
  const call = (...args: string[]) => runCommandLine(args, { DATABASE_URL: database.url });
  const history = (...args: string[]) => call('history', ...args);

  it('has nothing to list on a database that never saw this package, and creates nothing', async () => {
    expect(await history()).toMatchObject({
      exitCode: 0,
      stdout: 'no runs; scheduled runs that found nothing to do are left out, --all lists them too\n',
      stderr: '',
    });
    expect(await database.query(`select 1 from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
  });

  describe('after runs', () => {
    let cleanup = '';
    let report: CleanupReport;

    beforeAll(async () => {
      await insertReferences(database);
      await insertRows(database, 'otp_codes', [{ expires_at: '2020-01-01T00:00:00Z' }]);
      cleanup = (await call('cleanup', '--only', 'otp_codes')).stdout;
      report = JSON.parse((await call('cleanup', '--json', '--only', 'otp_codes')).stdout);
      await call('check-heartbeats');
      await insertRuns(database, [
        {
          id: 'aaaaaaaa-0000-4000-8000-000000000001',
          task: 'dependency-scan',
          started_at: '2026-01-01T00:00:00Z',
          owner: 'pod\u001B[2J',
          report: { task: 'dependency-scan', verdict: 'clean', note: 'a\u001B[31mb' },
        },
        {
          id: 'bbbbbbbb-0000-4000-8000-000000000001',
          started_at: '2026-01-01T00:00:00Z',
          status: 'failed',
          error: { code: 'UNEXPECTED', message: 'it \u001B[31mbroke' },
        },
        {
          id: 'cccccccc-0000-4000-8000-000000000001',
          started_at: '2025-12-01T00:00:00Z',
          slot: '2025-12-01T00:00:00Z',
          report: { task: 'cleanup', targets: 'none' },
          summary: 'deleted 0 rows',
        },
      ]);
    });

    it('lists them, the latest first', async () => {
      const { exitCode, stdout, stderr } = await runInOwnProcess(['history'], { DATABASE_URL: database.url });
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      const lines = stdout.split('\n');
      expect(lines[0]).toMatch(/^began \(UTC\) +task +started by +status +time +run +what it did$/);
      expect(lines[1]).toMatch(
        /^\S+ \S+ +agent-heartbeat +cli +succeeded +\S+ m?s +[-\da-f]{36} +suspended 0 of 0 agents$/,
      );
      expect(lines[3]).toMatch(/ cleanup +cli +succeeded .* deleted 1 row$/);
      expect(lines.at(-2)).toBe('6 runs; scheduled runs that found nothing to do are left out, --all lists them too');
      expect(stdout).toMatch(/ failed .* it {2}\[31mbroke$/m);
      expect(stdout).not.toContain('\u001B');
    });

    it('lists those that the flags ask for', async () => {
      const runs = async (...args: string[]): Promise<string[]> => {
        const document: { runs: RunSummary[] } = JSON.parse((await history('--json', ...args)).stdout);
        return document.runs.map(({ task, status }) => `${task} ${status}`);
      };
      expect(await runs('--since', '1h', '--task', 'cleanup')).toEqual(['cleanup succeeded', 'cleanup succeeded']);
      expect(await runs('--status', 'failed')).toEqual(['cleanup failed']);
      expect(await runs('--since', '2026-01-01', '--limit', '1')).toEqual(['agent-heartbeat succeeded']);
    });

    it('shows one run as its command printed it, below its record', async () => {
      const id = /run ([-\da-f]{36})/.exec(cleanup)?.[1] ?? '';
      const { exitCode, stdout } = await history(id.slice(0, 12));
      expect(exitCode).toBe(0);
      expect(stdout).toMatch(new RegExp(`^run +${id}\\ntask +cleanup\\nstatus +succeeded\\n`));
      expect(stdout.endsWith(`\n\n${cleanup}`)).toBe(true);
    });

    it('gives one run with its whole report as a JSON document', async () => {
      const document: { run: RecordedRun } = JSON.parse((await history(report.runId, '--json')).stdout);
      expect(document).toMatchObject({ task: 'history', status: 'succeeded', run: { trigger: 'cli', report } });
    });

    it('shows the fields of a report that it has no text for, without what moves a terminal', async () => {
      const { stdout } = await history('aaaaaaaa');
      expect(stdout).toContain('"note": "a [31mb"');
      expect(stdout).toMatch(/^owner +pod \[2J$/m);
      expect((await history('cccccccc')).stdout).toMatch(
        /^started by +cron, for the slot of 2025-12-01T.*"targets": "none"/ms,
      );
    });

    it('shows why a run without a report failed', async () => {
      expect((await history('bbbbbbbb')).stdout).toMatch(/^error +UNEXPECTED: it {2}\[31mbroke$/m);
    });

    it('exits 2 when there is no such run', async () => {
      const { exitCode, stderr } = await history('00000000');
      expect(exitCode).toBe(2);
      expect(stderr).toBe(
        'tenxyte-maintenance: There is no record of a run 00000000: history lists those there are.\n',
      );
    });
  });

  it.each([
    [
      ['--task', 'sweep'],
      '--task is "sweep", accepted is one of cleanup, agent-heartbeat, totp-key-rotation, dependency-scan',
    ],
    [
      ['--status', 'done'],
      '--status is "done", accepted is one of running, succeeded, partial, failed, skipped, stopped, lost',
    ],
    [
      ['--since', 'yesterday'],
      '--since is "yesterday", accepted is a date as 2026-03-01, a time with its zone as 2026-03-01T03:00:00Z, or so long ago as 30m, 12h or 7d',
    ],
    [['--limit', '0'], '--limit is "0", accepted is a whole number of runs from 1 to 1000'],
    [['--limit', '1e2'], '--limit is "1e2", accepted is a whole number of runs from 1 to 1000'],
    [['--limit', '1', '--limit', '2'], '--limit is given twice, accepted is once'],
    [['xyz'], 'the run is "xyz", accepted is the id of a run, a UUID, or its first 4 characters or more'],
    [['aaaa', '--task', 'cleanup'], '--task is given beside a run, accepted is one of both'],
  ])('refuses %j before it connects', async (args, sentence) => {
    expect(await runCommandLine(['history', ...args], UNREACHABLE)).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: `tenxyte-maintenance: ${sentence}.\n`,
    });
  });
});
