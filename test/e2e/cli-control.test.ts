import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { untilBlocked } from '../support/blocked-session.js';
import { runCommandLine, RunningCall, useConfigFiles } from '../support/command-line.js';
import { eventually } from '../support/eventually.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
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

describe('tenxyte-maintenance status --watch', () => {
  const database = useTestDatabase();
  let watch: RunningCall | undefined;
  afterEach(async () => {
    watch?.kill('SIGKILL');
    await watch?.finished;
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('shows what changes in a pipe until %s, and exits 0', async (signal) => {
    await database.query('drop schema if exists tenxyte_maintenance cascade');
    expect(await runCommandLine(['migrate'], { DATABASE_URL: database.url })).toMatchObject({ exitCode: 0 });
    watch = new RunningCall(['status', '--watch'], { DATABASE_URL: database.url });
    await watch.saysOnStdout('cleanup: unknown, it has not run yet');
    const progress = {
      overall: 0.43,
      parts: [{ name: 'audit_logs', unit: 'row', count: 12, status: null, remainingMs: null }],
    };
    const [runId] = await insertRuns(database, [
      { started_at: LONG_AGO, status: 'running', lease_expires_at: '2999-01-01T00:00:00Z', progress },
    ]);
    await watch.saysOnStdout(`cleanup is at work: run ${runId} of pod-1`);
    await watch.saysOnStdout('43% done, audit_logs: 12 rows');
    watch.kill(signal);
    expect(await watch.finished).toMatchObject({ exitCode: 0, signal: null, stderr: '' });
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

describe('tenxyte-maintenance pause and resume', () => {
  const database = useTestDatabase();
  const call = (...args: string[]) => runCommandLine(args, { DATABASE_URL: database.url });

  it('has nothing to resume on a database that never saw this package, and creates nothing', async () => {
    const { exitCode, stderr } = await call('resume', 'cleanup');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: 'tenxyte-maintenance: cleanup is not paused: there is nothing to resume.\n',
    });
    expect(await database.query(`select 1 from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
  });

  it('keep a task from running until it is resumed, unless the run is forced', async () => {
    await insertReferences(database);
    const paused = await call('pause', 'check-heartbeats', '--until', '12h', ...BY_ANN);
    expect(paused).toMatchObject({ exitCode: 0, stderr: '' });
    expect(paused.stdout).toMatch(
      /^paused: agent-heartbeat is paused since \S+ until \S+ by Ann, reason: the database is slow; no slot of it is run until then or until it is resumed\n$/,
    );
    expect((await call('status')).stdout).toMatch(
      /^agent-heartbeat: paused, it is paused since \S+ until \S+ by Ann, reason: the database is slow$/m,
    );
    expect((await call('doctor')).stdout).toMatch(/agent-heartbeat.*it is paused since \S+ until \S+ by Ann/);
    const refused = await call('check-heartbeats');
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toMatch(
      /\(TASK_PAUSED\): agent-heartbeat is paused .*resume the task, or force the run\.$/m,
    );
    expect(await call('check-heartbeats', '--dry-run')).toMatchObject({ exitCode: 0 });
    expect(await call('check-heartbeats', '--force')).toMatchObject({ exitCode: 0 });
    expect(await call('pause', 'agent-heartbeat', '--reason', 'again')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/agent-heartbeat is paused since .* already: resume it first\.$/m),
    });
    const resumed = await call('resume', 'agent-heartbeat', '--actor', 'Bob', '--json');
    expect(resumed).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(resumed.stdout)).toMatchObject({
      task: 'resume',
      status: 'succeeded',
      pause: { task: 'agent-heartbeat', pausedBy: { actor: 'Ann' }, resumedBy: { actor: 'Bob', reason: null } },
    });
    expect(await call('check-heartbeats')).toMatchObject({ exitCode: 0 });
    const past = await call('pause', 'cleanup', '--reason', 'r', '--until', '2020-01-01');
    expect(past.exitCode).toBe(2);
    expect(past.stderr).toMatch(
      /^tenxyte-maintenance: --until is "2020-01-01", accepted is a time after the database's/,
    );
  });

  it.each([
    [['pause', 'sweep', '--reason', 'r'], 'the task is "sweep", accepted is one of cleanup, agent-heartbeat'],
    [['pause', 'cleanup'], '--reason is not given, accepted is a reason, of 1 to 500 printable characters'],
    [['pause', 'cleanup', '--reason', 'r', '--until', 'soon'], '--until is "soon", accepted is a date as 2026-03-01'],
    [['resume', 'sweep'], 'the task is "sweep", accepted is one of cleanup, agent-heartbeat'],
  ])('refuse %j before they connect', async (args, problem) => {
    const { exitCode, stderr } = await runCommandLine(args, UNREACHABLE);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(problem);
  });
});
