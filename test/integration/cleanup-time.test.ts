import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CleanupRequest, CleanupSettings } from '../../src/index.js';
import { CleanupService } from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences } from '../support/rows.js';
import { FakeRunTime } from '../support/run-time.js';
import { useTestDatabase } from '../support/test-database.js';

const ROWS = 20_000;
const REQUEST = { only: ['blacklisted_tokens', 'login_attempts', 'audit_logs'] } as const satisfies CleanupRequest;

describe('the time of a cleanup', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let time: FakeRunTime;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    await database.query('truncate login_attempts, blacklisted_tokens, audit_logs');
    await database.query(`insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
      select repeat('x', 180), '10.0.0.1', true, '', '2001-01-01' from generate_series(1, ${ROWS})`);
    await database.query(`insert into blacklisted_tokens (token_jti, blacklisted_at, expires_at, reason)
      values ('jti', now(), '2001-01-01', '')`);
    await database.query(`insert into audit_logs (action, user_agent, details, created_at)
      values ('login', '', '{}', '2001-01-01')`);
  });
  afterEach(async () => {
    await app.close();
    await database.query('drop schema if exists tenxyte_maintenance cascade');
  });

  const boot = async (cleanup: CleanupSettings, onSleep?: () => void): Promise<void> => {
    time = new FakeRunTime(onSleep);
    app = await maintenanceApp(database.url, { options: { cleanup }, configure: time.provide });
  };
  /** A cleanup each of whose batches takes a second. */
  const cleanSlowly = (request: CleanupRequest = {}): ReturnType<MaintenanceApp['maintenance']['cleanup']> =>
    app.maintenance.cleanup({
      ...REQUEST,
      ...request,
      onProgress: ({ status }) => (status === null ? time.pass(1000) : undefined),
    });
  const rowsOf = async (table: string): Promise<number> => (await database.query(`select 1 from ${table}`)).length;

  it('ends between two batches when its budget is used up, says why, and leaves the rest to the next run', async () => {
    await boot({ maxDurationMs: 2_000, maxConnections: 1 });
    const report = await cleanSlowly();
    expect(report).toMatchObject({
      status: 'stopped',
      error: { code: 'TIME_BUDGET', message: expect.stringContaining('the next run goes on') },
      targets: [
        { status: 'succeeded', rows: 1 },
        { status: 'stopped', batches: 1 },
        { status: 'stopped', rows: 0, skipReason: 'stopped' },
      ],
    });
    expect(await rowsOf('login_attempts')).toBe(ROWS - (report.targets[1]?.rows ?? 0));
    expect(await rowsOf('audit_logs')).toBe(1);
    expect(await recordedRuns(database)).toMatchObject([{ status: 'stopped', error: { code: 'TIME_BUDGET' } }]);
    expect((await app.maintenance.cleanup({ ...REQUEST, maxDurationMs: 0 })).status).toBe('succeeded');
    expect(await rowsOf('login_attempts')).toBe(0);
  });

  it('is that of the call when the call says so', async () => {
    await boot({ maxDurationMs: 1_000 });
    expect(await cleanSlowly({ maxDurationMs: 0 })).toMatchObject({ status: 'succeeded', rows: ROWS + 2 });
    await app.close();
    await boot({});
    expect(await cleanSlowly({ maxDurationMs: 1, dryRun: true })).toMatchObject({ status: 'stopped' });
  });

  it('is enough when the last batch ends with it', async () => {
    await boot({ maxDurationMs: 1_000 });
    const report = await cleanSlowly({ only: ['audit_logs'] });
    expect(report).toMatchObject({ status: 'succeeded', rows: 1 });
    expect(report.targets[0]).not.toHaveProperty('error');
  });

  it('ends a dry run and a scheduled run too', async () => {
    await boot({ maxDurationMs: 1_000 });
    expect(await cleanSlowly({ dryRun: true })).toMatchObject({ status: 'stopped', error: { code: 'TIME_BUDGET' } });
    await app.close();
    let now = 0;
    const everyLookTakesASecond = { now: () => (now += 1000), sleep: async () => undefined };
    time = Object.assign(new FakeRunTime(), everyLookTakesASecond);
    app = await maintenanceApp(database.url, {
      options: { cleanup: { maxDurationMs: 1_000 } },
      configure: time.provide,
    });
    await app.moduleRef.get(CleanupService).onTick();
    expect(await recordedRuns(database)).toMatchObject([{ status: 'stopped', error: { code: 'TIME_BUDGET' } }]);
  });

  it('has a pause between two batches, and none after the last', async () => {
    await boot({ pauseBetweenBatchesMs: 250 });
    const report = await app.maintenance.cleanup(REQUEST);
    const batches = report.targets.reduce((sum, target) => sum + target.batches, 0);
    expect(batches).toBeGreaterThan(3);
    expect(time.pauses).toEqual(Array<number>(batches - 1).fill(250));
    expect(report).toMatchObject({ status: 'succeeded', rows: ROWS + 2 });
  });

  it('has no pause unless one is set, nor in a dry run', async () => {
    await boot({});
    await app.maintenance.cleanup(REQUEST);
    expect(time.pauses).toEqual([]);
    await app.close();
    await boot({ pauseBetweenBatchesMs: 250 });
    await app.maintenance.cleanup({ ...REQUEST, dryRun: true });
    expect(time.pauses).toEqual([]);
  });

  it('ends in the middle of a pause when the run is stopped', async () => {
    const controller = new AbortController();
    await boot({ pauseBetweenBatchesMs: 60_000 }, () => controller.abort());
    const report = await app.maintenance.cleanup({ ...REQUEST, signal: controller.signal });
    expect(report.targets.map(({ status, rows }) => [status, rows])).toEqual([
      ['succeeded', 1],
      ['stopped', 0],
      ['stopped', 0],
    ]);
  });

  it('pauses no longer than the budget has left', async () => {
    await boot({ pauseBetweenBatchesMs: 60_000, maxDurationMs: 1_500 });
    const report = await cleanSlowly();
    expect(time.pauses).toEqual([500]);
    expect(report).toMatchObject({ status: 'stopped', rows: 1, error: { code: 'TIME_BUDGET' } });
  });
});
