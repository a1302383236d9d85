import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { EngineRunRequest, TenxyteMaintenanceOptions } from '../../src/index.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns, type RunFields } from '../support/run-rows.js';
import { failFirstDeletions } from '../support/fault.js';
import { useTestDatabase } from '../support/test-database.js';

const SLOT = new Date(Date.now() - 3_600_000);
const JOB = { engine: 'bullmq', engineJob: '17' };

describe('a run for the job of an engine', () => {
  const database = useTestDatabase();
  const apps: MaintenanceApp[] = [];

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    await database.query('drop schema if exists tenxyte_maintenance cascade; truncate otp_codes');
    await insertRows(database, 'otp_codes', [{ expires_at: '2001-01-01' }]);
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  const boot = async (options: TenxyteMaintenanceOptions = {}): Promise<MaintenanceApp> => {
    const app = await maintenanceApp(database.url, { options });
    apps.push(app);
    return app;
  };
  const run = async (request: Partial<EngineRunRequest> = {}, app?: MaintenanceApp) =>
    (app ?? (await boot())).maintenance.runForEngine('cleanup', { ...JOB, ...request });
  const runs = () =>
    database.query(
      'select trigger, slot, engine, engine_job, actor, status from tenxyte_maintenance.runs order by started_at',
    );

  it('is done, with its report, and recorded with the job and who asked', async () => {
    const progress: object[] = [];
    const app = await boot();
    const done = await run({ slot: SLOT, actor: 'ops', onProgress: (one) => progress.push(one) }, app);
    expect(done).toMatchObject({ verdict: 'done', error: null, report: { status: 'succeeded', rows: 1 } });
    expect(progress.at(-1)).toMatchObject({ overall: 1 });
    expect(await runs()).toEqual([
      { trigger: 'engine', slot: SLOT, engine: 'bullmq', engine_job: '17', actor: 'ops', status: 'succeeded' },
    ]);
    const [recorded] = await app.maintenance.history({});
    expect(recorded).toMatchObject({ ...JOB, trigger: 'engine', startedBy: { actor: 'ops', reason: null } });
  });

  it('is made once for a slot, whoever wants it', async () => {
    const [one, other] = [await boot(), await boot()];
    const answers = await Promise.all([run({ slot: SLOT }, one), run({ slot: SLOT, engineJob: '18' }, other)]);
    expect(answers.map(({ verdict }) => verdict).filter((verdict) => verdict === 'done').length).toBeGreaterThan(0);
    expect(answers.filter(({ report }) => report?.status === 'succeeded')).toHaveLength(1);
    expect(await run({ slot: SLOT }, one)).toMatchObject({
      verdict: 'done',
      error: { code: 'SLOT_TAKEN' },
      report: { status: 'skipped' },
    });
    expect(await runs()).toHaveLength(1);
  });

  it('is not made before its slot has come', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000);
    const { verdict, retryAfterMs = 0, error } = await run({ slot: inAnHour });
    expect({ verdict, error }).toMatchObject({ verdict: 'busy', error: { code: 'SLOT_NOT_DUE', retryable: true } });
    expect(retryAfterMs).toBeGreaterThan(3_500_000);
    expect(await runs()).toEqual([]);
  });

  it('is left to later while another run goes on, by its slot or by its task', async () => {
    const app = await boot();
    await app.maintenance.migrate();
    const busy: RunFields = {
      status: 'running',
      slot: SLOT.toISOString(),
      started_at: new Date().toISOString(),
      lease_expires_at: '2999-01-01',
    };
    await insertRuns(database, [busy]);
    for (const slot of [SLOT, new Date(SLOT.getTime() + 60_000)]) {
      expect(await run({ slot }, app)).toMatchObject({
        verdict: 'busy',
        retryAfterMs: 5_000,
        error: { code: 'ALREADY_RUNNING' },
        report: { status: 'skipped' },
      });
    }
  });

  it.each<[string, Partial<RunFields>, string]>([
    ['failed', { status: 'failed' }, 'succeeded'],
    ['was lost', { status: 'lost' }, 'succeeded'],
    ['lost its lease', { status: 'running', lease_expires_at: '2001-01-01' }, 'succeeded'],
    ['was stopped by a shutdown', { status: 'stopped', stop_reason: 'shutdown' }, 'succeeded'],
    ['was cancelled', { status: 'stopped', stop_reason: 'cancelled' }, 'skipped'],
    ['had used up its time', { status: 'stopped', stop_reason: 'time-budget' }, 'skipped'],
    ['was partial', { status: 'partial' }, 'skipped'],
    ['succeeded', { status: 'succeeded' }, 'skipped'],
  ])('tries a slot again whose run %s, where that left work', async (_, fields, status) => {
    const app = await boot();
    await app.maintenance.migrate();
    await insertRuns(database, [{ slot: SLOT.toISOString(), started_at: SLOT.toISOString(), ...fields }]);
    expect(await run({ slot: SLOT }, app)).toMatchObject({ verdict: 'done', report: { status } });
    // Nor is it tried once more when the second attempt has done the work.
    expect(await run({ slot: SLOT }, app)).toMatchObject({ verdict: 'done', report: { status: 'skipped' } });
  });

  it('is done when it was partial, and to be tried again when it could not begin for what may pass', async () => {
    const app = await boot();
    const repair = await failFirstDeletions(database, 'otp_codes', { sqlState: 'XX001', times: 100 });
    const { verdict, report } = await run({}, app);
    await repair();
    expect({ verdict, status: report?.status }).toEqual({ verdict: 'done', status: 'partial' });
    const provider = await boot({
      retention: { useFactory: () => ({ getRetention: () => Promise.reject(new Error('away')) }) },
    });
    expect(await run({}, provider)).toMatchObject({
      verdict: 'retry',
      report: null,
      error: { code: 'RETENTION_PROVIDER' },
    });
  });

  it('is not made while its task is paused, and its slot is over', async () => {
    const app = await boot();
    await app.maintenance.pause('cleanup', { reason: 'a migration' });
    const asked = { slot: SLOT, actor: 'ops' };
    expect(await run(asked, app)).toMatchObject({ verdict: 'done', error: { code: 'TASK_PAUSED' } });
    const skipped = {
      trigger: 'engine',
      slot: SLOT,
      engine: 'bullmq',
      engine_job: '17',
      actor: 'ops',
      status: 'skipped',
    };
    expect(await runs()).toEqual([skipped]);
    await app.maintenance.resume('cleanup');
    expect(await run(asked, app)).toMatchObject({ verdict: 'done', error: { code: 'SLOT_TAKEN' } });
  });

  it('is given up when it is cancelled, by the engine or by anybody', async () => {
    const controller = new AbortController();
    controller.abort();
    expect(await run({ signal: controller.signal })).toMatchObject({
      verdict: 'give-up',
      report: { status: 'stopped', stopReason: 'requested' },
    });
  });

  it('is handed back by a process that shuts down', async () => {
    const app = await boot();
    await app.close();
    expect(await run({}, app)).toMatchObject({
      verdict: 'handed-back',
      report: null,
      error: { code: 'SHUTTING_DOWN' },
    });
  });

  it.each<[string, object, string]>([
    ['without the name of the engine', { engine: '' }, 'engine is ""'],
    ['without the id of the job', { engineJob: ' ' }, 'engineJob is " "'],
    ['with a slot that is no time', { slot: new Date('no') }, 'slot'],
    ['with a request of a task', { dryRun: true }, 'dryRun'],
  ])('is refused %s', async (_, request, message) => {
    await expect(run(request)).rejects.toThrow(message);
  });

  it('of a task that there is none of is refused', async () => {
    const { maintenance } = await boot();
    await expect(maintenance.runForEngine('sweep' as never, JOB)).rejects.toThrow(
      'name is "sweep", accepted is one of cleanup',
    );
  });
});
