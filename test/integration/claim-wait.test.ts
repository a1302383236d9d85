import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MAINTENANCE_TASKS, type TaskName } from '../../src/maintenance-tasks.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { FakeRunTime } from '../support/run-time.js';
import { useTestDatabase } from '../support/test-database.js';

const MINUTE_MS = 60_000;
const only = ['blacklisted_tokens'] as const;
const TASKS: readonly TaskName[] = MAINTENANCE_TASKS.map(({ name }) => name);

/** Time in which something happens in the middle of a pause; what happens never ends when it is the signal that ends the pause. */
class EventfulTime extends FakeRunTime {
  public constructor(private readonly duringPause: (pauses: number, signal: AbortSignal) => Promise<unknown>) {
    super();
  }

  public override async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    await super.sleep(milliseconds);
    await this.duringPause(this.pauses.length, signal ?? new AbortController().signal);
  }
}

const untilStopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

describe('a run by hand that waits for another one', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp | undefined;

  beforeAll(async () => {
    await insertReferences(database);
    await (await maintenanceApp(database.url)).close();
  });
  beforeEach(async () => {
    await database.query('truncate tenxyte_maintenance.runs, blacklisted_tokens');
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: '2020-01-01T00:00:00Z' }]);
    for (const task of TASKS) {
      await database.query(
        `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at)
         values (gen_random_uuid(), $1, 'cron', 'somebody', 'running', now(), now() + interval '1 hour')`,
        [task],
      );
    }
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const boot = async (time: FakeRunTime): Promise<MaintenanceApp> => {
    app = await maintenanceApp(database.url, {
      options: {
        agentHeartbeat: { startupGraceSeconds: 0 },
        totp: { keys: [FernetKey.generate()] },
        schedule: { cleanup: false, agentHeartbeat: false, totpKeyRotation: false },
      },
      configure: time.provide,
    });
    return app;
  };
  const endRivals = () =>
    database.query(
      `update tenxyte_maintenance.runs set status = 'succeeded', lease_expires_at = null, finished_at = clock_timestamp()`,
    );
  const own = async () => (await recordedRuns(database)).filter(({ owner }) => owner !== 'somebody');

  it('is made once that one ends, and judges by the time that it begins at', async () => {
    const time = new EventfulTime(async (pauses) => pauses === 3 && endRivals());
    const { maintenance } = await boot(time);
    const report = await maintenance.cleanup({ only, waitMs: MINUTE_MS });
    expect(report).toMatchObject({ status: 'succeeded', rows: 1 });
    expect(time.pauses.slice(0, 3)).toEqual([250, 500, 1_000]);
    expect(await own()).toMatchObject([{ id: report.runId, status: 'succeeded' }]);
    expect(
      await database.query(
        `select 1 from tenxyte_maintenance.runs where task = 'cleanup' and owner = 'somebody' and finished_at <= $1`,
        [report.runAt],
      ),
    ).toHaveLength(1);
  });

  it('takes over from one whose lease ran out, which it records as lost', async () => {
    const expire = () =>
      database.query(`update tenxyte_maintenance.runs set lease_expires_at = now() - interval '1 second'`);
    const { maintenance } = await boot(new EventfulTime(async (pauses) => pauses === 2 && expire()));
    expect(await maintenance.cleanup({ only, waitMs: MINUTE_MS })).toMatchObject({ status: 'succeeded', rows: 1 });
    const runs = (await recordedRuns(database)).filter(({ task }) => task === 'cleanup');
    expect(runs.map(({ owner, status }) => [owner === 'somebody', status])).toEqual([
      [true, 'lost'],
      [false, 'succeeded'],
    ]);
  });

  it('is refused when its time is over, as without waiting, and leaves no record', async () => {
    const time = new FakeRunTime();
    const { maintenance } = await boot(time);
    const refused = await maintenance.cleanup({ only, waitMs: 1_000 });
    expect(refused).toMatchObject({ status: 'skipped', rows: 0, error: { code: 'ALREADY_RUNNING' } });
    expect(time.now()).toBe(1_000);
    expect(await own()).toEqual([]);
  });

  it('does not wait for its own dry run', async () => {
    const time = new FakeRunTime();
    const { maintenance } = await boot(time);
    expect(await maintenance.cleanup({ only, waitMs: MINUTE_MS, dryRun: true })).toMatchObject({
      status: 'succeeded',
      rows: 1,
    });
    expect(time.pauses).toEqual([]);
  });

  it('ends at once as stopped when it is asked to stop, and leaves no record', async () => {
    const controller = new AbortController();
    const time = new EventfulTime(async (_, signal) => {
      queueMicrotask(() => controller.abort());
      await untilStopped(signal);
    });
    const { maintenance } = await boot(time);
    const report = await maintenance.cleanup({ only, waitMs: MINUTE_MS, signal: controller.signal });
    expect(report).toMatchObject({
      status: 'stopped',
      stopReason: 'requested',
      rows: 0,
      error: { code: 'ALREADY_RUNNING', message: expect.stringContaining('was asked to stop while it waited') },
    });
    expect(time.pauses).toEqual([250]);
    expect(await own()).toEqual([]);
  });

  it('ends at once as stopped when the application shuts down', async () => {
    let close: Promise<void> | undefined;
    const time = new EventfulTime(async (_, signal) => {
      close = app?.close();
      await untilStopped(signal);
    });
    const { maintenance } = await boot(time);
    expect(await maintenance.cleanup({ only, waitMs: MINUTE_MS })).toMatchObject({
      status: 'stopped',
      stopReason: 'shutdown',
    });
    await close;
    expect(time.pauses).toEqual([250]);
    expect(await own()).toEqual([]);
  });

  it.each(TASKS)('takes waitMs, whole and up to a day, in a request to %s', async (task) => {
    const time = new FakeRunTime();
    const { maintenance } = await boot(time);
    expect(await maintenance.runTask(task, { waitMs: 750 })).toMatchObject({
      status: 'skipped',
      error: { code: 'ALREADY_RUNNING' },
    });
    expect(time.now()).toBe(750);
    for (const waitMs of [-1, 0.5, 86_400_001, Number.NaN, '1' as unknown as number]) {
      await expect(maintenance.runTask(task, { waitMs })).rejects.toThrow(
        'accepted is a whole number of milliseconds from 0 to 86400000 (0 = do not wait)',
      );
    }
  });
});
