import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../../src/contract/run-environment.js';
import type { MaintenanceStatus, TaskName, TaskState } from '../../src/index.js';
import { Uptime } from '../../src/tasks/clocks.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { type MaintenanceApp, maintenanceApp, type MaintenanceAppOptions } from '../support/maintenance-app.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const NOW = '2026-03-10T12:00:00.000000Z';
const NIGHT = '2026-03-10T03:00:00.000Z';
const COMMAND_LINE: RunEnvironment = 'command-line';
const HOUR_SECONDS = 3_600;

describe('the status', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  const apps: MaintenanceApp[] = [];

  beforeAll(async () => {
    const app = await maintenanceApp(database.url);
    await app.close();
  });
  beforeEach(() => database.query('truncate tenxyte_maintenance.runs, tenxyte_maintenance.schedules'));
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });

  interface Setup {
    readonly url?: string;
    readonly options?: MaintenanceAppOptions['options'];
    readonly environment?: RunEnvironment;
    readonly uptimeSeconds?: number;
  }
  const statusOf = async ({
    url = database.url,
    options,
    environment = 'application',
    uptimeSeconds = 60,
  }: Setup = {}) => {
    const app = await maintenanceApp(url, {
      ...(options === undefined ? {} : { options }),
      runAt: NOW,
      configure: (builder) =>
        builder
          .overrideProvider(RUN_ENVIRONMENT)
          .useValue(environment)
          .overrideProvider(Uptime)
          .useValue({ seconds: () => uptimeSeconds }),
    });
    apps.push(app);
    return app.maintenance.status();
  };
  const taskOf = ({ tasks }: MaintenanceStatus, name: TaskName): TaskState | undefined =>
    tasks.find(({ task }) => task === name);
  const cleanupOf = async (setup?: Setup): Promise<TaskState | undefined> => taskOf(await statusOf(setup), 'cleanup');
  const note = (task: string, expression: string, since: string): Promise<unknown> =>
    database.query('insert into tenxyte_maintenance.schedules values ($1, $2, $3, $4)', [
      task,
      expression,
      'Europe/Berlin',
      since,
    ]);

  it('says of each task when it runs, what the last run did, when the next one is due, and that all is well', async () => {
    const [runId] = await insertRuns(database, [
      { started_at: '2026-03-09T03:00:00Z', report: { rows: 5 } },
      { started_at: NIGHT, slot: NIGHT, report: { rows: 1234, targets: [{ status: 'succeeded' }] } },
    ]);
    const status = await statusOf();
    expect(status).toMatchObject({ task: 'status', status: 'succeeded', at: NOW, isRecorded: true });
    expect(status.tasks.map(({ task }) => task)).toEqual([
      'cleanup',
      'agent-heartbeat',
      'totp-key-rotation',
      'dependency-scan',
    ]);
    expect(status.tasks[0]).toEqual({
      task: 'cleanup',
      schedule: {
        source: 'options',
        by: 'timer',
        expression: '0 3 * * *',
        description: 'At 03:00',
        timeZone: 'UTC',
        recordedSince: null,
      },
      lastRun: {
        runId: expect.not.stringContaining(runId ?? ''),
        task: 'cleanup',
        trigger: 'cron',
        slot: '2026-03-10T03:00:00.000000Z',
        engine: null,
        engineJob: null,
        owner: 'pod-1:7:abcd1234',
        status: 'succeeded',
        startedAt: '2026-03-10T03:00:00.000000Z',
        finishedAt: '2026-03-10T03:00:01.500000Z',
        durationMs: 1500,
        stopReason: null,
        cancelRequestedAt: null,
        cancelledBy: null,
        force: false,
        startedBy: null,
        summary: 'deleted 1,234 rows',
        error: null,
      },
      lastSuccessAt: '2026-03-10T03:00:01.500000Z',
      running: null,
      pause: null,
      nextRunAt: '2026-03-11T03:00:00.000Z',
      health: 'ok',
      reason: 'its last success was at 2026-03-10T03:00:01.500000Z; the next run is due at 2026-03-11T03:00:00.000Z',
    });
  });

  it('says that a task that never ran has not run yet, and that one without a schedule is off', async () => {
    const status = await statusOf();
    expect(taskOf(status, 'cleanup')).toMatchObject({
      lastRun: null,
      lastSuccessAt: null,
      health: 'unknown',
      reason: 'it has not run yet; the next run is due at 2026-03-11T03:00:00.000Z',
    });
    expect(taskOf(status, 'totp-key-rotation')).toMatchObject({
      schedule: { source: 'options', expression: null, description: null, timeZone: null },
      nextRunAt: null,
      health: 'off',
      reason: 'its schedule is off: it runs by hand alone',
    });
  });

  it.each([
    ['failed', { error: { code: 'LOCK_TIMEOUT', message: 'm' } }, 'failed (LOCK_TIMEOUT)'],
    ['partial', { report: { rows: 3, targets: [{ status: 'failed' }, { status: 'succeeded' }] } }, 'was partial'],
    ['lost', {}, 'was lost'],
  ])('takes a task whose last run %s for failing, though it succeeded before', async (status, fields, words) => {
    await insertRuns(database, [
      { started_at: NIGHT, report: { rows: 1 } },
      { started_at: '2026-03-10T11:00:00Z', status, ...fields },
    ]);
    const cleanup = await cleanupOf();
    expect(cleanup).toMatchObject({ health: 'failing', lastSuccessAt: '2026-03-10T03:00:01.500000Z' });
    expect(cleanup?.reason).toContain(words);
    expect(cleanup?.lastRun?.status).toBe(status);
  });

  it('warns of a run that was stopped, and is content again once one succeeded', async () => {
    await insertRuns(database, [{ started_at: NIGHT, status: 'stopped', report: { rows: 1 } }]);
    expect(await cleanupOf()).toMatchObject({ health: 'warning', reason: expect.stringContaining('was stopped') });
    await insertRuns(database, [{ started_at: '2026-03-10T04:00:00Z', report: { rows: 1 } }]);
    expect(await cleanupOf()).toMatchObject({ health: 'ok' });
  });

  it('warns of a rotation that met secrets which no key opens, and takes it neither for failing nor for none', async () => {
    const error = { code: 'TOTP_UNDECRYPTABLE', retryable: false, message: 'm' };
    const report = { rotated: 5, undecryptable: 2 };
    await insertRuns(database, [{ started_at: NIGHT, task: 'totp-key-rotation', status: 'partial', error, report }]);
    const rotation = taskOf(
      await statusOf({ options: { totp: { keys: [FernetKey.generate()] } } }),
      'totp-key-rotation',
    );
    expect(rotation).toMatchObject({
      health: 'warning',
      reason: expect.stringContaining('met 2 secrets that no key opens'),
      lastSuccessAt: '2026-03-10T03:00:01.500000Z',
    });
  });

  it('takes a rotation that was partial for another reason for failing', async () => {
    const error = { code: 'USERS_HELD', retryable: true, message: 'm' };
    await insertRuns(database, [{ started_at: NIGHT, task: 'totp-key-rotation', status: 'partial', error }]);
    const rotation = taskOf(
      await statusOf({ options: { totp: { keys: [FernetKey.generate()] } } }),
      'totp-key-rotation',
    );
    expect(rotation).toMatchObject({ health: 'failing', lastSuccessAt: null });
  });

  it('passes over slots that were skipped: they are no runs', async () => {
    await insertRuns(database, [
      { started_at: NIGHT, report: { rows: 7 } },
      {
        started_at: '2026-03-10T11:00:00Z',
        status: 'skipped',
        error: { code: 'ALREADY_RUNNING', retryable: true, message: 'm' },
      },
    ]);
    expect(await cleanupOf()).toMatchObject({ health: 'ok', lastRun: { summary: 'deleted 7 rows' } });
  });

  it('takes a task for failing once its last success is older than the interval and the tolerance', async () => {
    await insertRuns(database, [{ started_at: '2026-03-09T00:00:00Z', finished_at: '2026-03-09T00:00:01Z' }]);
    expect(await cleanupOf({ options: { health: { toleranceFactor: 0.5 } } })).toMatchObject({ health: 'ok' });
    await database.query(`update tenxyte_maintenance.runs set finished_at = '2026-03-08T23:59:59Z'`);
    expect(await cleanupOf()).toMatchObject({
      health: 'failing',
      reason:
        'its last success was at 2026-03-08T23:59:59.000000Z; one was due by 2026-03-10T11:59:59.000Z (schedule "0 3 * * *" UTC, tolerance included)',
    });
    expect(await cleanupOf({ options: { health: { toleranceFactor: 0.6 } } })).toMatchObject({ health: 'ok' });
  });

  it('counts from when the schedule was noted when that is later than the last success', async () => {
    await insertRuns(database, [{ started_at: '2026-01-01T00:00:00Z' }]);
    await note('cleanup', '0 3 * * *', '2026-03-10T02:00:00Z');
    expect(await cleanupOf()).toMatchObject({
      health: 'ok',
      schedule: { recordedSince: '2026-03-10T02:00:00.000000Z' },
    });
    await database.query(`update tenxyte_maintenance.schedules set since = '2026-03-08T02:00:00Z'`);
    expect(await cleanupOf()).toMatchObject({ health: 'failing' });
  });

  it('counts from the start of the application when no schedule was noted, as without a ScheduleModule', async () => {
    const status = await statusOf({ uptimeSeconds: HOUR_SECONDS });
    expect(taskOf(status, 'cleanup')).toMatchObject({ health: 'unknown' });
    expect(taskOf(status, 'agent-heartbeat')).toMatchObject({
      health: 'failing',
      reason: expect.stringMatching(/^it has never succeeded; one was due by 2026-03-10T11:06:00.000Z/),
    });
  });

  it('shows who is at work, since when, and how much of the lease is left', async () => {
    const [runId] = await insertRuns(database, [
      { started_at: '2026-03-10T11:59:00Z', status: 'running', lease_expires_at: '2026-03-10T12:00:45Z' },
    ]);
    expect(await cleanupOf()).toMatchObject({
      lastRun: null,
      running: {
        runId,
        trigger: 'cron',
        slot: null,
        owner: 'pod-1:7:abcd1234',
        startedAt: '2026-03-10T11:59:00.000000Z',
        leaseExpiresAt: '2026-03-10T12:00:45.000000Z',
        leaseSecondsLeft: 45,
      },
    });
  });

  it('shows a run whose lease ran out as the lost one that it is about to be', async () => {
    await insertRuns(database, [
      { started_at: '2026-03-10T11:59:00Z', status: 'running', lease_expires_at: '2026-03-10T11:59:59Z' },
    ]);
    expect(await cleanupOf()).toMatchObject({
      running: null,
      lastRun: { status: 'lost', finishedAt: null, durationMs: null },
      health: 'failing',
    });
  });

  it.each([
    ['agent-heartbeat', { suspended: 2, monitored: 40, expired: 0 }, 'suspended 2 of 40 agents', undefined],
    [
      'agent-heartbeat',
      { suspended: 0, monitored: 1, expired: 3 },
      'suspended 0 of 1 agent, expired 3 tokens',
      undefined,
    ],
    ['totp-key-rotation', { rotated: 12, undecryptable: 0 }, 'rotated 12 secrets', undefined],
    ['totp-key-rotation', { rotated: 1, undecryptable: 2 }, 'rotated 1 secret, 2 no key opens', 'that no key opens'],
    ['dependency-scan', { verdict: 'clean', atOrAboveLevel: 0 }, 'no known vulnerabilities', undefined],
    [
      'dependency-scan',
      { verdict: 'vulnerable', counts: { critical: 0, high: 2, low: 1 }, atOrAboveLevel: 2 },
      '2 high, 1 low vulnerabilities',
      'found 2 vulnerabilities at or above the level',
    ],
    [
      'dependency-scan',
      { verdict: 'unknown', reason: 'no lock file' },
      'could not tell: no lock file',
      'could not tell',
    ],
    ['cleanup', { rows: 0 }, 'deleted 0 rows', undefined],
  ] as const)('says what a run of %s did from its report: %j', async (task, report, summary, warning) => {
    await insertRuns(database, [{ task, started_at: '2026-03-10T11:59:30Z', report }]);
    const status = await statusOf({
      options: {
        totp: { keys: ['AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='] },
        dependencyScan: {},
      },
    });
    const state = taskOf(status, task);
    expect(state?.lastRun?.summary).toBe(summary);
    expect(state?.health).toBe(warning === undefined ? 'ok' : 'warning');
    expect(state?.reason).toContain(warning ?? 'its last success was at');
  });

  describe('on the command line', () => {
    it('takes the schedules that the application noted, not its own defaults', async () => {
      await note('cleanup', '15 4 * * 1', '2026-03-01T00:00:00Z');
      await insertRuns(database, [{ started_at: '2026-03-09T03:15:00Z' }]);
      const status = await statusOf({ environment: COMMAND_LINE });
      expect(taskOf(status, 'cleanup')).toMatchObject({
        schedule: {
          source: 'recorded',
          expression: '15 4 * * 1',
          description: 'At 04:15, only on Monday',
          timeZone: 'Europe/Berlin',
          recordedSince: '2026-03-01T00:00:00.000000Z',
        },
        nextRunAt: '2026-03-16T03:15:00.000Z',
        health: 'ok',
      });
      expect(taskOf(status, 'agent-heartbeat')).toMatchObject({
        schedule: { source: 'none', expression: null },
        nextRunAt: null,
        health: 'unknown',
        reason: 'it has not run yet; no application has recorded a schedule that can be read',
      });
    });

    it('takes those of its own config when that gives any', async () => {
      await note('cleanup', '15 4 * * 1', '2026-03-01T00:00:00Z');
      const options = { schedule: { cleanup: '0 5 * * *' } };
      expect(await cleanupOf({ environment: COMMAND_LINE, options })).toMatchObject({
        schedule: { source: 'options', expression: '0 5 * * *' },
        nextRunAt: '2026-03-11T05:00:00.000Z',
      });
    });

    it('does without a noted schedule that it cannot read', async () => {
      await note('cleanup', 'whenever', '2026-03-01T00:00:00Z');
      expect(await cleanupOf({ environment: COMMAND_LINE })).toMatchObject({
        schedule: { source: 'recorded', expression: null },
        health: 'unknown',
      });
    });

    it('says of a database that never saw this package that nothing ran, and creates nothing', async () => {
      await database.query('alter schema tenxyte_maintenance rename to aside');
      try {
        const status = await statusOf({ environment: COMMAND_LINE });
        expect(status).toMatchObject({ isRecorded: false });
        expect(status.tasks.filter(({ lastRun, health }) => lastRun === null && health === 'unknown')).toHaveLength(4);
        expect(await database.query(`select 1 from pg_namespace where nspname = 'tenxyte_maintenance'`)).toEqual([]);
      } finally {
        await database.query('alter schema aside rename to tenxyte_maintenance');
      }
    });

    it('says what to grant to a role that may not read the tables', async () => {
      await database.query(`revoke all on tenxyte_maintenance.runs from ${role.name}`);
      await expect(statusOf({ url: role.url, environment: COMMAND_LINE })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringContaining('select on "tenxyte_maintenance"."runs"'),
      });
    });
  });

  afterAll(async () => {
    await Promise.all(apps.map((app) => app.close()));
  });
});
