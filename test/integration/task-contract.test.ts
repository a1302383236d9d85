import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MAINTENANCE_TASKS, type TaskName } from '../../src/index.js';
import { RUN_CLOSING, type RunClosing } from '../../src/tasks/runs/runs-table.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { maintenanceApp, type MaintenanceApp, type MaintenanceAppOptions } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { FakeRunTime } from '../support/run-time.js';
import { useTestDatabase } from '../support/test-database.js';

const NOW = '2026-03-01T03:00:00.123456Z';
const EXPIRED = { expires_at: '2020-01-01T00:00:00Z' };
const NO_FOLDER = { dependencyScan: { cwd: '/there/is/no/such/folder' } };
const NAMES: readonly (readonly [string, TaskName])[] = MAINTENANCE_TASKS.flatMap(
  ({ name, commandName }) =>
    [
      [name, name],
      [commandName, name],
    ] as const,
);

describe('every task', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp | undefined;

  const boot = async (setup: MaintenanceAppOptions = {}): Promise<MaintenanceApp['maintenance']> => {
    const options = { totp: { keys: [FernetKey.generate()] }, ...NO_FOLDER };
    app = await maintenanceApp(database.url, { options, ...setup });
    return app.maintenance;
  };
  const runs = (): Promise<{ id: string; status: string }[]> =>
    database.query('select id::text, status from tenxyte_maintenance.runs order by started_at');

  beforeAll(() => insertReferences(database));
  beforeEach(() => database.query('drop schema if exists tenxyte_maintenance cascade'));
  afterEach(() => app?.close());

  it.each(NAMES)('is run by runTask(), called %s', async (called, name) => {
    const report = await (await boot()).runTask(called as TaskName);
    expect(report).toMatchObject({ task: name, dryRun: false });
    expect(await runs()).toEqual([{ id: report.runId, status: report.status }]);
  });

  it.each(MAINTENANCE_TASKS.map(({ name }) => name))('keeps who asked for it, and why: %s', async (name) => {
    const maintenance = await boot();
    const startedBy = { actor: 'Ann', reason: 'ticket 17' };
    const { runId, ...report } = await maintenance.runTask(name, startedBy);
    expect(report).toMatchObject({ startedBy });
    await maintenance.runTask(name);
    expect(await maintenance.history()).toMatchObject([{ startedBy: null }, { runId, startedBy }]);
    expect(await maintenance.run(runId)).toMatchObject({ startedBy, report: { startedBy } });
    const { tasks } = await maintenance.status();
    expect(tasks.find(({ task }) => task === name)?.lastRun).toMatchObject({ startedBy: null });
  });

  it('says who asked for a run that is not made, or leaves no record, too', async () => {
    const maintenance = await boot();
    expect(await maintenance.cleanup({ dryRun: true, reason: 'to see' })).toMatchObject({
      startedBy: { actor: null, reason: 'to see' },
    });
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    await insertRuns(database, [
      {
        started_at: '2026-01-01T00:00:00Z',
        status: 'running',
        lease_expires_at: soon,
        actor: 'Eve',
        reason: 'why not',
      },
    ]);
    expect(await maintenance.cleanup({ actor: 'Ann' })).toMatchObject({
      status: 'skipped',
      startedBy: { actor: 'Ann', reason: null },
    });
    expect((await maintenance.status()).tasks[0]?.running).toMatchObject({
      force: false,
      startedBy: { actor: 'Eve', reason: 'why not' },
    });
  });

  it('is not what runTask() takes for one of another name, and the request of one is checked', async () => {
    const maintenance = await boot();
    await expect(maintenance.runTask('sweep' as TaskName)).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining(
        'name is "sweep", accepted is one of cleanup, agent-heartbeat, totp-key-rotation, dependency-scan',
      ),
    });
    await expect(maintenance.runTask('cleanup', { only: [] })).rejects.toMatchObject({ code: 'CONFIG' });
    expect(await runs()).toEqual([]);
  });

  it('is found in the history by the name of its command', async () => {
    const maintenance = await boot();
    await maintenance.runTask('check-heartbeats');
    await maintenance.cleanup();
    expect(await maintenance.history({ task: 'check-heartbeats' })).toMatchObject([{ task: 'agent-heartbeat' }]);
  });

  it.each(MAINTENANCE_TASKS.map(({ name }) => name))('obeys a replaced clock: %s', async (name) => {
    const maintenance = await boot({ runAt: NOW });
    expect(await maintenance.runTask(name)).toMatchObject({ task: name, runAt: NOW });
  });

  describe('closes its run', () => {
    const closed = (): Promise<{ run: string; status: string | null }[]> =>
      database.query('select run::text, status from closed order by status');
    const bootWith = (closing: RunClosing): Promise<MaintenanceApp['maintenance']> =>
      boot({
        configure: (builder) => new FakeRunTime().provide(builder.overrideProvider(RUN_CLOSING).useValue([closing])),
      });
    const note: RunClosing = async (queryRunner, runId, end) => {
      await queryRunner.query('insert into closed values ($1, $2)', [runId, end?.status ?? 'lost']);
    };

    beforeEach(() => database.query('create table closed (run uuid, status text)'));
    afterEach(() => database.query('drop table closed'));

    it('together with whoever takes part, and so does whoever marks a run lost', async () => {
      const maintenance = await bootWith(note);
      const [lost] = await insertRuns(database, [
        { started_at: '2026-01-01T00:00:00Z', status: 'running', lease_expires_at: '2026-01-01T00:01:00Z' },
      ]);
      const { runId } = await maintenance.cleanup();
      expect(await closed()).toEqual([
        { run: lost, status: 'lost' },
        { run: runId, status: 'succeeded' },
      ]);
    });

    it('wholly or not at all: what fails in it is undone, and tried again', async () => {
      let calls = 0;
      await insertRows(database, 'otp_codes', [EXPIRED]);
      const maintenance = await bootWith(async (queryRunner, runId, end) => {
        calls += 1;
        await note(queryRunner, runId, end);
        if (calls === 1) {
          throw new Error('the first attempt');
        }
      });
      const { runId, rows } = await maintenance.cleanup();
      expect(rows).toBe(1);
      expect(await closed()).toEqual([{ run: runId, status: 'succeeded' }]);
      expect(await runs()).toEqual([{ id: runId, status: 'succeeded' }]);
    });
  });
});
