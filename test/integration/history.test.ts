import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, type QueryRunner } from 'typeorm';
import { failure } from '../../src/contract/task-report.js';
import { withQueryRunner } from '../../src/database/maintenance-data-source.js';
import { MAINTENANCE_TASKS, type MaintenanceTask, type RunHistoryRequest, type TaskReport } from '../../src/index.js';
import { readRuns } from '../../src/status/read-runs.js';
import { readTaskRecords } from '../../src/status/read-task-records.js';
import { endOf } from '../../src/tasks/run-endings.js';
import { RunsTable } from '../../src/tasks/runs/runs-table.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { insertRuns } from '../support/run-rows.js';
import { useTestDatabase } from '../support/test-database.js';

const NOW = '2026-03-10T12:00:00.000000Z';

describe('the history', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;

  beforeAll(async () => {
    app = await maintenanceApp(database.url, { runAt: NOW });
  });
  afterAll(() => app.close());
  beforeEach(() => database.query('truncate tenxyte_maintenance.runs'));

  const begins = async (request?: RunHistoryRequest): Promise<string[]> =>
    (await app.maintenance.history(request)).map(({ task, startedAt }) => `${task} ${startedAt.slice(0, 16)}`);

  describe('as a list', () => {
    beforeEach(() =>
      insertRuns(database, [
        { started_at: '2026-03-03T11:59:00Z', status: 'failed', error: { code: 'LOCK_TIMEOUT', message: 'too busy' } },
        { started_at: '2026-03-03T12:00:00Z', report: { rows: 1, targets: [] } },
        { started_at: '2026-03-10T11:00:00Z', status: 'running', lease_expires_at: '2026-03-10T11:01:00Z' },
        { task: 'agent-heartbeat', started_at: '2026-03-10T11:58:00Z', report: { suspended: 1, monitored: 2 } },
        {
          task: 'agent-heartbeat',
          started_at: '2026-03-10T11:59:30Z',
          status: 'running',
          lease_expires_at: '2026-03-10T12:00:30Z',
        },
      ]),
    );

    it('has the runs of every task, the latest first, each with what it did', async () => {
      const runs = await app.maintenance.history();
      expect(runs.map(({ task, status, durationMs, summary }) => [task, status, durationMs, summary])).toEqual([
        ['agent-heartbeat', 'running', null, 'at work'],
        ['agent-heartbeat', 'succeeded', 1500, 'suspended 1 of 2 agents'],
        ['cleanup', 'lost', null, 'its process crashed or lost touch with the database'],
        ['cleanup', 'succeeded', 1500, 'deleted 1 row'],
        ['cleanup', 'failed', 1500, 'too busy'],
      ]);
      expect(runs[4]?.error).toEqual({ code: 'LOCK_TIMEOUT', retryable: true, message: 'too busy' });
    });

    it('has those of one task alone', async () => {
      expect(await begins({ task: 'agent-heartbeat' })).toEqual([
        'agent-heartbeat 2026-03-10T11:59',
        'agent-heartbeat 2026-03-10T11:58',
      ]);
    });

    it.each([
      ['running', ['agent-heartbeat 2026-03-10T11:59']],
      ['lost', ['cleanup 2026-03-10T11:00']],
      ['failed', ['cleanup 2026-03-03T11:59']],
      ['stopped', []],
    ] as const)('has those that are %s alone, a run whose lease ran out being lost', async (status, expected) => {
      expect(await begins({ status })).toEqual(expected);
    });

    it.each([
      '7d',
      '168h',
      '10080m',
      '2026-03-03T12:00:00Z',
      '2026-03-03T13:00:00+01:00',
      new Date('2026-03-03T12:00:00Z'),
    ])('has those that began at a time or later, by the clock of the database: %s', async (since) => {
      expect((await begins({ since })).at(-1)).toBe('cleanup 2026-03-03T12:00');
    });

    it('takes a date for its midnight in UTC', async () => {
      expect(await begins({ since: '2026-03-03' })).toHaveLength(5);
      expect(await begins({ since: '2026-03-04' })).toHaveLength(3);
    });

    it('has the latest of all tasks when there are more than asked for', async () => {
      expect(await begins({ limit: 3 })).toEqual([
        'agent-heartbeat 2026-03-10T11:59',
        'agent-heartbeat 2026-03-10T11:58',
        'cleanup 2026-03-10T11:00',
      ]);
    });
  });

  it('has 20 runs unless asked for more', async () => {
    await insertRuns(
      database,
      Array.from({ length: 25 }, (_, index) => ({ started_at: `2026-03-01T03:00:${10 + index}Z` })),
    );
    expect(await begins()).toHaveLength(20);
    expect(await begins({ limit: 1000 })).toHaveLength(25);
  });

  it('goes on after the last run of a page, and neither leaves one out nor repeats one of those that began at once', async () => {
    const began = ['10:00', '10:00', '10:00', '10:01', '10:01', '10:02', '09:59'];
    const tasks = ['cleanup', 'agent-heartbeat'];
    await insertRuns(
      database,
      tasks.flatMap((task) => began.map((time) => ({ task, started_at: `2026-03-10T${time}:00Z` }))),
    );
    const whole = (await app.maintenance.history({ limit: 1000 })).map(({ runId }) => runId);
    expect(new Set(whole).size).toBe(14);
    for (const limit of [1, 2, 3, 5]) {
      const paged: string[] = [];
      for (let before: string | undefined; paged.length < 20; before = paged.at(-1)) {
        const page = await app.maintenance.history({ limit, ...(before === undefined ? {} : { before }) });
        if (page.length === 0) {
          break;
        }
        paged.push(...page.map(({ runId }) => runId));
      }
      expect(paged).toEqual(whole);
    }
    await expect(app.maintenance.history({ before: randomUUID() })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('leaves out scheduled runs that found nothing when it is asked to, and never one that failed', async () => {
    const { moduleRef } = app;
    const runs = moduleRef.get(RunsTable);
    const record = async (slot: Date | null, task: MaintenanceTask, fields: object): Promise<void> => {
      const trigger = slot === null ? 'manual' : 'cron';
      const claim = { runId: randomUUID(), task: task.name, slot, trigger, owner: 'pod' } as const;
      await withQueryRunner(moduleRef.get(DataSource), (queryRunner) => runs.claim(claim, queryRunner));
      const report = { ...task.nothingDone({}, failure('X', 'x')), status: 'succeeded', stopReason: null, ...fields };
      await runs.finish(claim.runId, endOf(task, report as unknown as TaskReport));
    };
    const [cleanup, heartbeat] = MAINTENANCE_TASKS;
    const nothing = { rows: 0, targets: [] };
    const failed = { status: 'failed', error: failure('MASS_SUSPENSION', 'too many') };
    await record(new Date(1_000), cleanup, nothing);
    await record(new Date(2_000), cleanup, { ...nothing, rows: 1 });
    await record(null, cleanup, nothing);
    await record(new Date(1_000), heartbeat, {});
    await record(new Date(2_000), heartbeat, { suspended: 1 });
    await record(new Date(3_000), heartbeat, failed);
    expect(await app.maintenance.history()).toHaveLength(6);
    const kept = await app.maintenance.history({ withoutIdle: true });
    expect(
      kept
        .map(({ task, slot, status }) => `${task} ${slot?.slice(17, 19) ?? 'by hand'} ${status}`)
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual([
      'agent-heartbeat 02 succeeded',
      'agent-heartbeat 03 failed',
      'cleanup 02 succeeded',
      'cleanup by hand succeeded',
    ]);
  });

  it('is found along the index over task and begin, however long it is, as the status is', async () => {
    await database.query(`
      insert into tenxyte_maintenance.runs (id, task, trigger, owner, status, started_at, finished_at)
      select gen_random_uuid(), 'agent-heartbeat', 'cron', 'pod', 'succeeded', t, t
      from generate_series(timestamptz '2026-01-01', timestamptz '2026-01-15', interval '1 minute') as t`);
    await database.query('analyze tenxyte_maintenance.runs');
    const plans: string[] = [];
    const explain = async (sql: string, parameters: unknown[]): Promise<never[]> => {
      plans.push(JSON.stringify(await database.query(`explain ${sql}`, parameters)));
      return [];
    };
    const queryRunner = { query: explain } as unknown as QueryRunner;
    const [runs, schedules, pauses] = ['runs', 'schedules', 'pauses'].map((name) => `tenxyte_maintenance.${name}`);
    const tables = { runs: `${runs}`, schedules: `${schedules}`, pauses: `${pauses}`, at: NOW };
    await readRuns(queryRunner, tables, { tasks: ['agent-heartbeat'], status: null, since: null, limit: 20 });
    const before = { runId: randomUUID(), startedAt: '2026-01-08T00:00:00Z' };
    await readRuns(queryRunner, tables, { tasks: ['agent-heartbeat'], status: null, since: null, limit: 20, before });
    await readTaskRecords(queryRunner, tables, [{ name: 'agent-heartbeat' }]);
    expect(plans).toHaveLength(3);
    expect(plans.filter((plan) => plan.includes('runs_started') && !plan.includes('Seq Scan on runs'))).toEqual(plans);
    plans.length = 0;
    const eventful = { tasks: ['agent-heartbeat'], status: null, since: null, limit: 20, withoutIdle: true };
    await database.query('update tenxyte_maintenance.runs set is_idle = true');
    await database.query('vacuum analyze tenxyte_maintenance.runs');
    await readRuns(queryRunner, tables, eventful);
    await readRuns(queryRunner, tables, { ...eventful, status: 'failed', withoutIdle: false });
    const alongThem = expect.stringContaining('runs_eventful');
    expect(plans).toEqual([alongThem, alongThem]);
  });

  it.each([
    [
      { task: 'sweep' },
      'task is "sweep", accepted is one of cleanup, agent-heartbeat, totp-key-rotation, dependency-scan',
    ],
    [
      { status: 'done' },
      'status is "done", accepted is one of running, succeeded, partial, failed, skipped, stopped, lost',
    ],
    [{ since: 'yesterday' }, 'since is "yesterday", accepted is a date as 2026-03-01'],
    [{ since: '2026-02-30' }, 'since is "2026-02-30"'],
    [{ since: '2026-03-01T03:00:00' }, 'since is "2026-03-01T03:00:00"'],
    [{ since: '0d' }, 'since is "0d"'],
    [{ since: '36501d' }, 'since is "36501d"'],
    [{ since: new Date(Number.NaN) }, 'since is a value of type object'],
    [{ limit: 0 }, 'limit is 0, accepted is a whole number of runs from 1 to 1000'],
    [{ limit: 1001 }, 'limit is 1001'],
    [{ before: 'last' }, 'before is "last", accepted is the id of a run'],
    [{ withoutIdle: 1 }, 'withoutIdle is 1, accepted is true or false'],
    [{ tasks: [] }, 'tasks is not an option'],
  ])('refuses %j', async (request, problem) => {
    await expect(app.maintenance.history(request as RunHistoryRequest)).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining(problem),
    });
  });

  describe('of one run', () => {
    it('is its record with its whole report, by the id or by the beginning of it', async () => {
      const report = { task: 'cleanup', status: 'succeeded', rows: 2, targets: [{ name: 'otp_codes', rows: 2 }] };
      const [id = ''] = await insertRuns(database, [
        { id: 'aaaa0000-0000-4000-8000-000000000001', started_at: '2026-03-10T03:00:00Z', report },
        { id: 'aaab0000-0000-4000-8000-000000000001', started_at: '2026-03-10T03:00:00Z' },
      ]);
      const run = await app.maintenance.run(id);
      expect(run).toMatchObject({ runId: id, summary: 'deleted 2 rows', status: 'succeeded', report });
      expect(await app.maintenance.run('AAAA')).toEqual(run);
      expect(await app.maintenance.run('aaaa0000-0000-4')).toEqual(run);
    });

    it('is refused when several ids begin so', async () => {
      await insertRuns(database, [
        { id: 'aaaa0000-0000-4000-8000-000000000001', started_at: '2026-03-10T03:00:00Z' },
        { id: 'aaaaffff-ffff-4fff-bfff-ffffffffffff', started_at: '2026-03-10T03:00:00Z' },
      ]);
      await expect(app.maintenance.run('aaaa')).rejects.toMatchObject({ code: 'RUN_AMBIGUOUS' });
    });

    it('is refused where nothing was ever recorded', async () => {
      await database.query('alter schema tenxyte_maintenance rename to put_away');
      try {
        await expect(app.maintenance.run('aaaa')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
        expect(await begins()).toEqual([]);
      } finally {
        await database.query('alter schema put_away rename to tenxyte_maintenance');
      }
    });

    it('is refused when there is no such run', async () => {
      const id = randomUUID();
      await expect(app.maintenance.run(id)).rejects.toMatchObject({
        code: 'RUN_NOT_FOUND',
        message: `There is no record of a run ${id}: history lists those there are`,
      });
    });

    it.each(['', 'aaa', 'zzzz', 'aaaa00000000', `${randomUUID()}0`])('is refused for what is no id: %j', async (id) => {
      await expect(app.maintenance.run(id)).rejects.toMatchObject({ code: 'CONFIG' });
    });
  });
});
