import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { CleanupReport } from '../../src/index.js';
import { untilBlocked } from '../support/blocked-session.js';
import { RunningCall, useConfigFiles } from '../support/command-line.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useSilentProxy } from '../support/silent-proxy.js';
import { useTestDatabase } from '../support/test-database.js';

const LONG_AGO = '2001-01-01T00:00:00Z';
const PATIENT = 'export default { cleanup: { lockTimeoutMs: 600000, statementTimeoutMs: 600000 } }';

describe('a cleanup that is told to stop', () => {
  const database = useTestDatabase();
  const proxy = useSilentProxy(database);
  const configFile = useConfigFiles();
  let holder: pg.Client;
  let call: RunningCall | undefined;

  beforeAll(async () => {
    await insertReferences(database);
    holder = await database.connect();
  });

  /** Held so that the first target's first batch cannot go on, whenever the signal comes. */
  beforeEach(async () => {
    await database.query('truncate blacklisted_tokens, audit_logs; drop schema if exists tenxyte_maintenance cascade');
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: LONG_AGO }]);
    await insertRows(database, 'audit_logs', [{ created_at: LONG_AGO }]);
    await holder.query('begin; lock table blacklisted_tokens in share mode');
  });

  afterEach(async () => {
    await holder.query('rollback');
    call?.kill('SIGKILL');
    await call?.finished;
  });

  async function blockedCleanup(...args: string[]): Promise<RunningCall> {
    return blocked(['cleanup', '--config', configFile(PATIENT), ...args], database.url);
  }

  async function blocked(args: readonly string[], url: string): Promise<RunningCall> {
    call = new RunningCall([...args], { DATABASE_URL: url });
    // The first attempt waits for 50 ms alone, and a run that is told to stop makes no second one.
    await untilBlocked(database, 'tenxyte-maintenance', 'due as materialized');
    return call;
  }

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s finishes the batch in flight, reports stopped and exits 6',
    async (signal) => {
      const running = await blockedCleanup('--json');
      running.kill(signal);
      await running.saysOnStderr(`${signal}: stopping after the batch in flight; once more ends it at once`);
      await holder.query('commit');

      const { exitCode, stdout, stderr } = await running.finished;
      const report: CleanupReport = JSON.parse(stdout);
      expect({ exitCode, report }).toMatchObject({ exitCode: 6, report: { status: 'stopped', stopReason: 'signal' } });
      expect(report.targets.map(({ status }) => status)).toEqual(['succeeded', ...Array<string>(6).fill('stopped')]);
      expect(stderr).toMatch(/^tenxyte-maintenance: cleanup was stopped with work left, which the next run does\.$/m);
      expect(await database.query('select 1 from blacklisted_tokens')).toHaveLength(0);
      expect(await database.query('select 1 from audit_logs')).toHaveLength(1);
    },
  );

  it('ends at once at the second signal', async () => {
    const running = await blockedCleanup();
    running.kill('SIGTERM');
    await running.saysOnStderr('once more ends it at once');
    running.kill('SIGTERM');
    expect(await running.finished).toMatchObject({ exitCode: null, signal: 'SIGTERM', stdout: '' });
    expect(await database.query('select 1 from blacklisted_tokens')).toHaveLength(1);
  });

  it('exits 6 although the network is silent, and says what is not known', async () => {
    const config = configFile(`${PATIENT.slice(0, -2)}, shutdownTimeoutMs: 1000 }`);
    const running = await blocked(['cleanup', '--config', config], proxy.url);
    proxy.silence();
    running.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await running.finished;
    proxy.speak();
    expect(exitCode).toBe(6);
    expect(stdout).toMatch(/^stopped \(a signal asked for it\): deleted 0 rows, give or take what was in flight/m);
    expect(stderr).toMatch(/END_NOT_RECORDED.* could not be recorded: the database did not confirm it within 300 ms/);
  });

  it('cancels a statement that outlasts shutdownTimeoutMs, rolls its batch back and exits 6', async () => {
    const config = configFile(`${PATIENT.slice(0, -2)}, shutdownTimeoutMs: 500 }`);
    await database.query(
      `update agent_tokens set heartbeat_required_every = 60, last_heartbeat_at = '${LONG_AGO}', status = 'ACTIVE'`,
    );
    await holder.query('lock table agent_tokens in share mode');
    call = new RunningCall(['check-heartbeats', '--json', '--config', config], { DATABASE_URL: database.url });
    await untilBlocked(database, 'tenxyte-maintenance');
    call.kill('SIGTERM');
    const { exitCode, stdout, stderr } = await call.finished;
    expect({ exitCode, report: JSON.parse(stdout) as object }).toMatchObject({
      exitCode: 6,
      report: { status: 'stopped', suspended: 0 },
    });
    expect(stderr).toMatch(/check-heartbeats was stopped with work left/);
    expect(await database.query(`select 1 from agent_tokens where status <> 'ACTIVE'`)).toEqual([]);
  });
});
