import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import {
  AgentHeartbeatService,
  TenxyteMaintenanceHealthIndicator,
  type TenxyteMaintenanceService,
} from '../../src/index.js';
import { CronSchedule } from '../../src/tasks/schedule/cron-schedule.js';
import { ScheduledRuns } from '../../src/tasks/schedule/scheduled-runs.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { advisories, useAdvisoryServer } from '../support/advisory-server.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { FakeRunTime } from '../support/run-time.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useScannedProjects } from '../support/scanned-project.js';
import { useTestDatabase } from '../support/test-database.js';

const TIMES = Array.from({ length: 10 });

const CALLS: Readonly<
  Record<string, (maintenance: TenxyteMaintenanceService, app: MaintenanceApp) => Promise<unknown>>
> = {
  cleanup: (maintenance) => maintenance.cleanup(),
  'dry run of a cleanup': (maintenance) => maintenance.cleanup({ dryRun: true }),
  backlog: (maintenance) => maintenance.backlog(),
  checkAgentHeartbeats: (maintenance) => maintenance.checkAgentHeartbeats(),
  rotateTotpKeys: (maintenance) => maintenance.rotateTotpKeys(),
  'rotateTotpKeys, atomic': (maintenance) => maintenance.rotateTotpKeys({ mode: 'atomic' }),
  status: (maintenance) => maintenance.status(),
  history: (maintenance) => maintenance.history(),
  run: async (maintenance) => maintenance.run((await maintenance.history())[0]?.runId ?? ''),
  isHealthy: (_, { moduleRef }) => moduleRef.get(TenxyteMaintenanceHealthIndicator).isHealthy(),
  doctor: (maintenance) => maintenance.doctor(),
  migrate: (maintenance) => maintenance.migrate(),
};

describe.each([1, 3, 10])('on a pool of %i connections', (poolSize) => {
  const database = useTestDatabase();
  const server = useAdvisoryServer();
  const { project } = useScannedProjects();
  let app: MaintenanceApp;

  beforeAll(async () => {
    server.answerWith(advisories({}));
    await insertReferences(database);
    await insertRows(database, 'login_attempts', [{ created_at: '2001-01-01T00:00:00Z' }]);
    app = await maintenanceApp(database.url, {
      options: { cleanup: { maxFractionPerTarget: 1 }, totp: { keys: [FernetKey.generate()] } },
      typeOrm: { poolSize, extra: { connectionTimeoutMillis: 10_000 } },
    });
  });
  afterAll(() => app.close());

  it.each(Object.entries(CALLS))('ten calls at once of %s come to an end', async (_name, call) => {
    await Promise.all(TIMES.map(() => call(app.maintenance, app)));
    expect(await app.maintenance.doctor()).toMatchObject({ status: 'succeeded' });
  });

  it('ten calls at once of scanDependencies come to an end', async () => {
    const cwd = project();
    const reports = await Promise.all(TIMES.map(() => app.maintenance.scanDependencies({ cwd })));
    expect(reports.filter(({ status }) => status === 'skipped')).toHaveLength(TIMES.length - 1);
  });
});

describe('slots whose connections come late, as the host held them all', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  const time = new FakeRunTime();

  beforeAll(async () => {
    await insertReferences(database);
    app = await maintenanceApp(database.url, { typeOrm: { poolSize: 1 }, configure: time.provide });
  });
  afterAll(() => app.close());

  it('are not run one after another, but recorded as skipped, all but the last', async () => {
    const { moduleRef } = app;
    const holder = moduleRef.get(DataSource).createQueryRunner();
    await holder.connect();
    const schedule = new CronSchedule('* * * * * *', 'UTC');
    const first = Math.floor(Date.now() / 1000) * 1000 - 60_000;
    const runs = TIMES.map((_, second) => {
      time.pass(1_500);
      return moduleRef.get(ScheduledRuns).run({
        runnable: moduleRef.get(AgentHeartbeatService),
        trigger: 'cron',
        slot: new Date(first + second * 1_000),
        schedule,
      });
    });
    await holder.release();
    await Promise.all(runs);
    const bySlot = (await recordedRuns(database)).toSorted((one, other) => Number(one.slot) - Number(other.slot));
    expect(bySlot.map(({ status, error }) => [status, error?.code])).toEqual([
      ...TIMES.slice(1).map(() => ['skipped', 'NO_CONNECTION']),
      ['succeeded', undefined],
    ]);
  });
});
