import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RunningCall, runCommandLine } from '../support/command-line.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const WAITS = /cleanup waits for run [-0-9a-f]{36} of somebody since .* to end, for 10 min 0 s at most/;

describe('a command that waits for another run of its task', () => {
  const database = useTestDatabase();
  let call: RunningCall | undefined;

  beforeAll(async () => {
    await insertReferences(database);
    await runCommandLine(['migrate'], { DATABASE_URL: database.url });
  });
  beforeEach(async () => {
    await database.query('truncate tenxyte_maintenance.runs');
    await database.query(
      `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at)
       values (gen_random_uuid(), 'cleanup', 'cron', 'somebody', 'running', now(), now() + interval '1 hour')`,
    );
  });
  afterEach(async () => {
    call?.kill('SIGKILL');
    await call?.finished;
  });

  const waitingCleanup = async (): Promise<RunningCall> => {
    call = new RunningCall(['cleanup', '--json', '--wait', '10m'], { DATABASE_URL: database.url });
    await call.saysOnStderr(' at most');
    return call;
  };

  it('says so, and takes over once the lease of that one has run out', async () => {
    const waiting = await waitingCleanup();
    await database.query(`update tenxyte_maintenance.runs set lease_expires_at = now() - interval '1 second'`);
    const { exitCode, stdout, stderr } = await waiting.finished;
    expect({ exitCode, status: JSON.parse(stdout).status }).toEqual({ exitCode: 0, status: 'succeeded' });
    expect(stderr).toMatch(WAITS);
    expect((await recordedRuns(database)).map(({ status }) => status)).toEqual(['lost', 'succeeded']);
  });

  it('exits 6 at a SIGTERM, having done nothing', async () => {
    const waiting = await waitingCleanup();
    waiting.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await waiting.finished;
    expect({ exitCode, report: JSON.parse(stdout) }).toMatchObject({
      exitCode: 6,
      report: { status: 'stopped', stopReason: 'signal', targets: [], error: { code: 'ALREADY_RUNNING' } },
    });
    expect(stderr).toContain('this run was asked to stop while it waited for that, and was not started');
    expect((await recordedRuns(database)).map(({ status }) => status)).toEqual(['running']);
  });

  it('exits 4 when it is told not to wait, as without the flag', async () => {
    for (const flags of [[], ['--wait', '0'], ['--wait', '0m']]) {
      expect(await runCommandLine(['cleanup', ...flags], { DATABASE_URL: database.url })).toMatchObject({
        exitCode: 4,
        stderr: expect.not.stringContaining('waits'),
      });
    }
  });

  it.each(['cleanup', 'check-heartbeats', 'rotate-totp-key', 'scan-dependencies'])(
    'belongs to any task: %s has the flag',
    async (name) => {
      expect(await runCommandLine([name, '--wait', 'soon'], { DATABASE_URL: database.url })).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(
          '--wait is "soon", accepted is a whole number of seconds from 0 to 86400 (0 = do not wait), or as 90s, 2m or 1h',
        ),
      });
    },
  );
});
