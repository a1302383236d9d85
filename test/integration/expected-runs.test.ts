import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TenxyteMaintenanceOptions } from '../../src/index.js';
import { runCommandLine, useConfigFiles } from '../support/command-line.js';
import { eventually } from '../support/eventually.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';

const NOW = '2026-03-10T12:00:00.000000Z';
const schedule = (by: 'engine' | 'outside', more: object = { expectedEvery: '1d' }): TenxyteMaintenanceOptions => ({
  schedule: { cleanup: { by, ...more } },
});
const PARTIAL = {
  trigger: 'outside',
  status: 'partial',
  started_at: '2026-03-10T03:00:00Z',
  error: { code: 'LOCK_TIMEOUT', message: 'some of it' },
} as const;

describe('runs that others are expected to start', () => {
  const database = useTestDatabase();
  const configFile = useConfigFiles();
  let app: MaintenanceApp | undefined;

  beforeAll(async () => (await maintenanceApp(database.url)).close());
  beforeEach(() => database.query('truncate tenxyte_maintenance.runs, tenxyte_maintenance.schedules'));
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const stateOf = async (options: TenxyteMaintenanceOptions) => {
    app = await maintenanceApp(database.url, { runAt: NOW, options });
    const status = await app.maintenance.status();
    const doctor = await app.maintenance.doctor();
    return {
      cleanup: status.tasks[0],
      check: doctor.checks.find(({ name, subject }) => name === 'schedule' && subject === 'cleanup'),
    };
  };
  const recorded = () =>
    database.query('select task, expression, time_zone, run_by from tenxyte_maintenance.schedules where task = $1', [
      'cleanup',
    ]);

  it('are in order while they come in time', async () => {
    await insertRuns(database, [{ trigger: 'outside', started_at: '2026-03-10T03:00:00Z' }]);
    expect(await stateOf(schedule('outside'))).toMatchObject({
      cleanup: {
        health: 'ok',
        nextRunAt: '2026-03-11T03:00:00.000Z',
        lastRun: { trigger: 'outside' },
        schedule: { by: 'outside', expression: '@every 1d', description: 'Every day' },
      },
      check: { level: 'ok', message: expect.stringContaining('run from outside: Every day') },
    });
  });

  it.each(['engine', 'outside'] as const)('are missed when they stay away: by %s', async (by) => {
    await database.query(
      `insert into tenxyte_maintenance.schedules values ('cleanup', '0 3 * * *', 'UTC', '2026-01-01', '${by}')`,
    );
    await insertRuns(database, [{ trigger: by, started_at: '2026-03-08T03:00:00Z' }]);
    const { cleanup, check } = await stateOf(schedule(by, { expression: '0 3 * * *' }));
    expect(cleanup).toMatchObject({
      health: 'failing',
      reason: expect.stringMatching(
        /its last success was at 2026-03-08.*one was due by 2026-03-09.*\(run (by a job engine|from outside), /,
      ),
    });
    expect(check).toMatchObject({
      level: 'problem',
      whatToDo: expect.stringMatching(/its workers are up|which exit code/),
    });
  });

  it('make health fail when the last one was partial', async () => {
    await insertRuns(database, [{ trigger: 'outside', started_at: '2026-03-09T14:00:00Z' }, PARTIAL]);
    const { cleanup } = await stateOf(schedule('outside'));
    expect(cleanup).toMatchObject({ health: 'failing', reason: expect.stringContaining('was partial') });
  });

  it('are no reason for health to fail where none are expected, but for the doctor to advise to say so', async () => {
    await insertRuns(database, [PARTIAL]);
    const { cleanup, check } = await stateOf({ schedule: { cleanup: false } });
    expect(cleanup).toMatchObject({ health: 'off', reason: expect.stringContaining('was partial') });
    expect(check).toMatchObject({
      level: 'advice',
      message: expect.stringContaining('nobody notices'),
      whatToDo: expect.stringContaining("{ by: 'outside', expectedEvery: '1d' }"),
    });
  });

  it('start no timer, and are recorded for the command line, also without a ScheduleModule', async () => {
    app = await maintenanceApp(database.url, { options: schedule('outside', { expectedEvery: '12h' }) });
    await eventually(async () => (await recorded()).length === 1);
    expect(await recorded()).toEqual([
      { task: 'cleanup', expression: '@every 12h', time_zone: 'UTC', run_by: 'outside' },
    ]);
  });

  it('are told of to the command line', async () => {
    await database.query(
      `insert into tenxyte_maintenance.schedules values ('cleanup', '@every 12h', 'UTC', '2026-01-01', 'outside')`,
    );
    const { stdout } = await runCommandLine(['status'], { DATABASE_URL: database.url });
    expect(stdout).toContain('Every 12 hours, from outside');
  });

  describe('by the command line', () => {
    const call = (...args: readonly string[]) => runCommandLine(['cleanup', ...args], { DATABASE_URL: database.url });
    const triggers = async () =>
      (
        await database.query<{ trigger: string }>('select trigger from tenxyte_maintenance.runs order by started_at')
      ).map(({ trigger }) => trigger);

    it('are told from those of a person', async () => {
      expect((await call()).exitCode).toBe(0);
      expect((await call('--scheduled')).exitCode).toBe(0);
      expect(await triggers()).toEqual(['cli', 'outside']);
    });

    it('are made once for a slot, and done where somebody else has made it', async () => {
      const slot = new Date(Date.now() - 60_000).toISOString();
      expect(JSON.parse((await call('--scheduled', slot, '--json')).stdout)).toMatchObject({ status: 'succeeded' });
      const second = await call('--scheduled', slot, '--json');
      expect({ exitCode: second.exitCode, ...JSON.parse(second.stdout) }).toMatchObject({
        exitCode: 0,
        status: 'skipped',
        error: { code: 'SLOT_TAKEN' },
      });
      const application = await maintenanceApp(database.url, {});
      const engine = await application.maintenance.runForEngine('cleanup', {
        engine: 'bullmq',
        engineJob: '1',
        slot: new Date(slot),
      });
      await application.close();
      expect(engine).toMatchObject({ verdict: 'done', error: { code: 'SLOT_TAKEN' } });
      expect(await triggers()).toEqual(['outside']);
    });

    it('are not made before their slot, or for no time', async () => {
      const early = await call('--scheduled', new Date(Date.now() + 3_600_000).toISOString(), '--json');
      expect({ exitCode: early.exitCode, ...JSON.parse(early.stdout) }).toMatchObject({
        exitCode: 4,
        error: { code: 'SLOT_NOT_DUE' },
      });
      const bad = await call('--scheduled', 'tomorrow');
      expect(bad.exitCode).toBe(2);
      expect(bad.stderr).toContain('--scheduled is "tomorrow", accepted is a date such as');
      expect((await call('--scheduled', '2026-02-30')).exitCode).toBe(2);
      expect(await triggers()).toEqual([]);
    });

    it('say that a target falls behind, by the interval that the application recorded', async () => {
      await insertReferences(database);
      await database.query(
        `insert into tenxyte_maintenance.schedules values ('cleanup', '@every 1h', 'UTC', '2026-01-01', 'outside')`,
      );
      const at = new Date(Date.now() - 3 * 3_600_000 - 90 * 86_400_000).toISOString();
      await insertRows(
        database,
        'login_attempts',
        Array.from({ length: 3 }, () => ({ created_at: at })),
      );
      const limits = configFile('export default { cleanup: { maxRowsPerTarget: 1 } };');
      const { stderr } = await call('--scheduled', '--own-policy', '--config', limits);
      expect(stderr).toContain('falls behind on login_attempts');
      expect(stderr).toContain('a cleanup is due every 1 h');
    });
  });

  it('are told from manual ones by a call, too', async () => {
    app = await maintenanceApp(database.url, {});
    const slot = new Date(Date.now() - 60_000);
    expect(await app.maintenance.runScheduled('cleanup', { actor: 'cloud' }, slot)).toMatchObject({
      status: 'succeeded',
      startedBy: { actor: 'cloud' },
    });
    expect(await app.maintenance.runScheduled('cleanup', {}, slot)).toMatchObject({ error: { code: 'SLOT_TAKEN' } });
    await expect(app.maintenance.runScheduled('cleanup', {}, 'now' as never)).rejects.toThrow(
      'slot is "now", accepted is a valid Date',
    );
  });
});
