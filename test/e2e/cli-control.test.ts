import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { untilBlocked } from '../support/blocked-session.js';
import { runCommandLine, RunningCall, useConfigFiles } from '../support/command-line.js';
import { eventually } from '../support/eventually.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const LONG_AGO = '2001-01-01T00:00:00Z';
/** Nothing listens there: whatever gets as far as connecting fails with exit code 1, not 2. */
const UNREACHABLE = { DATABASE_URL: 'postgres://somebody@127.0.0.1:1/nowhere' };
const BY_ANN = ['--actor', 'Ann', '--reason', 'the database is slow'];

describe('a run in another process', () => {
  const database = useTestDatabase();
  const configFile = useConfigFiles();
  let holder: pg.Client;
  let running: RunningCall;
  let runId: string;
  const call = (...args: string[]) => runCommandLine(args, { DATABASE_URL: database.url });

  beforeAll(async () => {
    await insertReferences(database);
    holder = await database.connect();
  });
  /** Held so that the first target's first batch cannot go on until the run is a second old. */
  beforeEach(async () => {
    await database.query('truncate blacklisted_tokens, audit_logs; drop schema if exists tenxyte_maintenance cascade');
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }]);
    await insertRows(database, 'audit_logs', [{ created_at: LONG_AGO }]);
    await holder.query('begin; lock table blacklisted_tokens in share mode');
    const patient = 'export default { cleanup: { lockTimeoutMs: 600000, statementTimeoutMs: 600000 } }';
    running = new RunningCall(['cleanup', '--json', '--config', configFile(patient)], { DATABASE_URL: database.url });
    await untilBlocked(database, 'tenxyte-maintenance', 'due as materialized');
    const [run] = await eventually(async () => {
      const old = await database.query<{ id: string }>(
        `select id::text from tenxyte_maintenance.runs where started_at < clock_timestamp() - interval '1 second'`,
      );
      return old.length > 0 && old;
    });
    runId = run?.id ?? '';
  });
  afterEach(async () => {
    await holder.query('rollback');
    running.kill('SIGKILL');
    await running.finished;
  });

  it('is cancelled between two batches, exits 6 and says by whom and why', async () => {
    const cancelled = await call('cancel', runId.slice(0, 8), ...BY_ANN);
    expect(cancelled).toMatchObject({ exitCode: 0, stderr: '' });
    expect(cancelled.stdout).toMatch(
      new RegExp(
        `^cancelled: cleanup ${runId} of \\S+ stops after the batch in flight, asked for at \\S+Z by Ann, reason: the database is slow\n$`,
      ),
    );
    expect((await call('status')).stdout).toMatch(
      /is at work: .*; cancelled at \S+ by Ann, reason: the database is slow/,
    );
    await holder.query('commit');
    const { exitCode, stdout, stderr } = await running.finished;
    expect(exitCode).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'stopped',
      stopReason: 'cancelled',
      cancelledBy: { actor: 'Ann', reason: 'the database is slow' },
      rows: 1,
    });
    expect(stderr).toContain(
      '(CANCELLED): The run was cancelled by Ann, reason: the database is slow; the next run goes on.',
    );
    const shown = await call('history', runId);
    expect(shown.stdout).toMatch(/^stopped as +it was cancelled by Ann, reason: the database is slow$/m);
    const again = await call('cancel', runId, '--json');
    expect(again.exitCode).toBe(2);
    expect(JSON.parse(again.stdout)).toMatchObject({ task: 'cancel', status: 'failed', error: { code: 'RUN_ENDED' } });
  });
});

describe('tenxyte-maintenance cancel', () => {
  const database = useTestDatabase();

  it('knows of no run on a database that never saw this package, and creates nothing', async () => {
    const { exitCode, stderr } = await runCommandLine(['cancel', '7f6c2c0e'], { DATABASE_URL: database.url });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^tenxyte-maintenance: There is no record of a run 7f6c2c0e/);
    expect(await database.query(`select 1 from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
  });

  it.each([
    [[], "missing required argument 'run'"],
    [['nosuch'], 'the run is "nosuch", accepted is the id of a run'],
    [['7f6c2c0e', '--actor', ''], '--actor is "", accepted is the name'],
  ])('refuses %j before it connects', async (args, problem) => {
    const { exitCode, stderr } = await runCommandLine(['cancel', ...args], UNREACHABLE);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
  });
});
