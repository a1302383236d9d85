import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import PgBoss from 'pg-boss';
import { maintenanceWork, type PgBossJob } from '../../src/engines/pg-boss.js';
import type { CleanupReport } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';

describe('pg-boss', () => {
  const database = useTestDatabase();
  const apps: MaintenanceApp[] = [];
  let boss: PgBoss;

  beforeAll(async () => {
    await insertReferences(database);
    boss = new PgBoss({ connectionString: database.url });
    boss.on('error', () => undefined);
    await boss.start();
    await boss.createQueue('cleanup');
  });
  afterAll(() => boss.stop({ graceful: false, wait: true }));
  beforeEach(() => database.query('drop schema if exists tenxyte_maintenance cascade; truncate otp_codes'));
  afterEach(async () => {
    await boss.offWork('cleanup');
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  const work = async (slot?: Date): Promise<MaintenanceApp> => {
    const app = await maintenanceApp(database.url, { options: { cleanup: { maxRowsPerTarget: 10 } } });
    apps.push(app);
    const options = slot === undefined ? {} : { slot: (): Date => slot };
    const handle = maintenanceWork(app.maintenance, options);
    await boss.work('cleanup', { pollingIntervalSeconds: 0.5 }, (jobs: PgBossJob[]) => handle(jobs));
    return app;
  };
  const ended = async (id: string | null): Promise<PgBoss.JobWithMetadata<unknown>> =>
    eventually(async () => {
      const job = await boss.getJobById('cleanup', id ?? '');
      return job !== null && ['completed', 'failed'].includes(job.state) && job;
    });

  it('runs a job, whose result is the report', async () => {
    await insertRows(database, 'otp_codes', [{ expires_at: '2001-01-01' }]);
    const app = await work();
    const job = await ended(await boss.send('cleanup', {}));
    expect(job).toMatchObject({ state: 'completed' });
    expect(job.output as CleanupReport).toMatchObject({ status: 'succeeded', rows: 1 });
    expect(await app.maintenance.history()).toMatchObject([
      { trigger: 'engine', engine: 'pg-boss', engineJob: job.id },
    ]);
  });

  it('runs a slot once, whichever worker is given which job of it', async () => {
    const slot = new Date(Date.now() - 60_000);
    await work(slot);
    await work(slot);
    const ids = await Promise.all([1, 2].map(() => boss.send('cleanup', {}, { retryLimit: 10, retryDelay: 1 })));
    const jobs = await Promise.all(ids.map(ended));
    const states = jobs.map(({ output }) => (output as CleanupReport).status).toSorted();
    expect(states).toEqual(['skipped', 'succeeded']);
  });

  it('tries a job again while another run goes on', async () => {
    const app = await work();
    await app.maintenance.migrate();
    const [runId = ''] = await insertRuns(database, [
      { status: 'running', started_at: new Date().toISOString(), lease_expires_at: '2999-01-01' },
    ]);
    const id = await boss.send('cleanup', {}, { retryLimit: 5, retryDelay: 1 });
    await eventually(async () => (await boss.getJobById('cleanup', id ?? ''))?.state === 'retry');
    await database.query(
      `update tenxyte_maintenance.runs set status = 'succeeded', finished_at = now() where id = $1`,
      [runId],
    );
    await eventually(async () => (await boss.getJobById('cleanup', id ?? ''))?.state === 'completed');
  });

  it('has a job done whose run was partial, and lets one of no task fail', async () => {
    await work();
    const many = Array.from({ length: 11 }, () => ({ expires_at: '2001-01-01' }));
    await insertRows(database, 'otp_codes', many);
    const report = (await ended(await boss.send('cleanup', {}, { retryLimit: 0 }))).output as CleanupReport;
    expect(report).toMatchObject({ status: 'partial' });
    const failed = await ended(await boss.send('cleanup', { task: 'sweep' }, { retryLimit: 0 }));
    expect(failed).toMatchObject({ state: 'failed', output: { message: expect.stringContaining('name is "sweep"') } });
  });
});
