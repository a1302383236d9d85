import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CleanupService } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import type { Gate } from '../support/gate.js';
import { gateBeforeDeleting } from '../support/gate.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const only = ['blacklisted_tokens'] as const;

describe('runs of a task', () => {
  const database = useTestDatabase();
  let one: MaintenanceApp;
  let other: MaintenanceApp;
  let gate: Gate | undefined;

  beforeAll(async () => {
    await insertReferences(database);
    one = await maintenanceApp(database.url);
    other = await maintenanceApp(database.url);
  });
  afterAll(async () => {
    await one.close();
    await other.close();
  });
  beforeEach(() => database.query('truncate tenxyte_maintenance.runs, blacklisted_tokens'));
  afterEach(async () => {
    await gate?.remove();
    gate = undefined;
  });

  /** Starts a run and halts it in mid-batch; in a list, as an async function would wait for its end. */
  const holdARun = async (): Promise<[Promise<unknown>]> => {
    const [id = ''] = await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    gate = await gateBeforeDeleting(database, 'blacklisted_tokens', id);
    const running = one.maintenance.cleanup({ only });
    await gate.reached();
    return [running];
  };
  const expireLeases = (): Promise<unknown> =>
    database.query(`update tenxyte_maintenance.runs set lease_expires_at = now() - interval '1 second'`);
  const tick = (app: MaintenanceApp): Promise<void> => app.moduleRef.get(CleanupService).onTick();

  it('are recorded with what started them, their owner and their report', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    const report = await one.maintenance.cleanup({ only });
    expect(await recordedRuns(database)).toEqual([
      {
        id: report.runId,
        task: 'cleanup',
        slot: null,
        trigger: 'manual',
        owner: expect.stringContaining(`:${process.pid}:`),
        status: 'succeeded',
        report: JSON.parse(JSON.stringify(report)),
        error: null,
      },
    ]);
  });

  it('leave no record of a dry run, which may also go on beside another run', async () => {
    const [running] = await holdARun();
    expect(await other.maintenance.cleanup({ only, dryRun: true })).toMatchObject({ status: 'succeeded', rows: 1 });
    expect(await recordedRuns(database)).toHaveLength(1);
    await gate?.open();
    await running;
  });

  it('do not overlap: a second one is refused, and says who runs', async () => {
    const [running] = await holdARun();
    const [run] = await recordedRuns(database);
    const refused = await other.maintenance.cleanup({ only });
    expect(refused).toMatchObject({ status: 'skipped', rows: 0, targets: [], error: { code: 'ALREADY_RUNNING' } });
    expect(refused.error?.message).toContain(`run ${run?.id} of ${run?.owner}`);
    expect(refused.runAt).toMatch(/^\d{4}-.*Z$/);
    await gate?.open();
    expect(await running).toMatchObject({ status: 'succeeded', rows: 1 });
    expect(await other.maintenance.cleanup({ only })).toMatchObject({ status: 'succeeded', rows: 0 });
  });

  it('run once for a slot, however many replicas tick', async () => {
    await Promise.all([tick(one), tick(other), tick(one), tick(other)]);
    await tick(other);
    const runs = await recordedRuns(database);
    expect(runs).toMatchObject([{ trigger: 'cron', status: 'succeeded', slot: expect.any(Date) }]);
    expect(runs[0]?.slot?.toISOString()).toMatch(/T03:00:00.000Z$/);
  });

  it('go on after a crash: the lease of the crashed run expires, and the next claim marks it lost', async () => {
    await database.query(
      `insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at)
       values (gen_random_uuid(), 'cleanup', 'cron', 'crashed', 'running', now(), now() + interval '1 hour')`,
    );
    expect(await one.maintenance.cleanup({ only })).toMatchObject({ status: 'skipped' });
    await expireLeases();
    expect(await one.maintenance.cleanup({ only })).toMatchObject({ status: 'succeeded' });
    expect(await recordedRuns(database)).toMatchObject([{ owner: 'crashed', status: 'lost' }, { status: 'succeeded' }]);
  });

  it('record the end of a run that was taken for lost as lost, and do not touch the run that took its place', async () => {
    await insertRows(database, 'blacklisted_tokens', [EXPIRED]);
    // Seen once its last batch is committed.
    await database.query(`
      create function take_over() returns trigger language plpgsql as $$
      begin
        update tenxyte_maintenance.runs set status = 'lost';
        insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, lease_expires_at)
        values (gen_random_uuid(), 'cleanup', 'cron', 'other', 'running', clock_timestamp(), now() + interval '1 hour');
        return old;
      end $$`);
    await database.query(
      'create trigger take_over before delete on blacklisted_tokens for each row execute function take_over()',
    );
    try {
      expect(await one.maintenance.cleanup({ only })).toMatchObject({
        status: 'partial',
        rows: 1,
        stopReason: 'lease-lost',
        error: { code: 'LEASE_LOST', message: expect.stringContaining('outlived its lease and is recorded as lost') },
      });
    } finally {
      await database.query('drop function take_over() cascade');
    }
    expect(await recordedRuns(database)).toMatchObject([
      { status: 'lost', report: null },
      { status: 'running', owner: 'other', report: null },
    ]);
  });

  it('record why a scheduled run failed before it began to work', async () => {
    const app = await maintenanceApp(database.url, {
      options: {
        retention: {
          useFactory: () => ({
            getRetention: () => {
              throw new Error('the flag service is away');
            },
          }),
        },
      },
    });
    await tick(app);
    await app.close();
    expect(await recordedRuns(database)).toMatchObject([
      { trigger: 'cron', status: 'failed', report: null, error: { code: 'RETENTION_PROVIDER' } },
    ]);
  });

  it('wait for a run in the way to end, and then run the slot', async () => {
    const [running] = await holdARun();
    const ticking = tick(other);
    await eventually(async () => (await recordedRuns(database)).length === 1);
    await gate?.open();
    await running;
    await ticking;
    expect(await recordedRuns(database)).toMatchObject([
      { trigger: 'manual' },
      { trigger: 'cron', status: 'succeeded' },
    ]);
  });
});
