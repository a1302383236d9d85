import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AppControllerRoute, BullBoardQueues, IServerAdapter } from '@bull-board/api/typings/app';
import { createPostgresBackend, type Job, Queue, QueueEvents, setDefaultBackendFactory } from 'bullmq';
import { Redis as IORedis } from 'ioredis';
import type { CleanupReport, TenxyteMaintenanceOptions } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { hasRedis, type Redis, startRedis } from './redis.js';
import { end, ROWS, SHORT, SLOW } from './worker-process.js';

const PROGRAM = fileURLToPath(new URL('bullmq-worker.mjs', import.meta.url));
if (!hasRedis()) {
  console.warn('No redis-server (of the Debian package redis-server): BullMQ is not tested');
}

const BACKENDS = ['Redis', 'PostgreSQL'] as const;

describe.each(BACKENDS.filter((backend) => backend !== 'Redis' || hasRedis()))('BullMQ on %s', (backend) => {
  const database = useTestDatabase();
  const workers: ChildProcess[] = [];
  let redis: Redis | undefined;
  let queue: Queue;
  let events: QueueEvents;
  let app: MaintenanceApp;
  const clients: IORedis[] = [];
  let queues = 0;

  beforeAll(async () => {
    await insertReferences(database);
    redis = backend === 'Redis' ? await startRedis() : undefined;
    setDefaultBackendFactory(backend === 'PostgreSQL' ? createPostgresBackend : undefined);
  });
  afterAll(async () => {
    setDefaultBackendFactory();
    await redis?.stop();
  });
  beforeEach(async () => {
    await database.query('drop schema if exists tenxyte_maintenance cascade; truncate login_attempts');
    queues += 1;
    queue = new Queue(`maintenance-${queues}`, { connection: connection() });
    events = new QueueEvents(queue.name, { connection: connection() });
    await events.waitUntilReady();
    app = await maintenanceApp(database.url, { options: SHORT });
    await app.maintenance.migrate();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => end(worker, 'SIGKILL')));
    await events.close();
    await queue.close();
    clients.splice(0).forEach((made) => made.disconnect());
    await app.close();
  });

  const connection = (): IORedis => {
    if (redis === undefined) {
      // As that backend takes it; the types are those of Redis.
      return { connectionString: database.url, migrate: true, max: 3 } as unknown as IORedis;
    }
    const made = new IORedis(redis.port, '127.0.0.1', { maxRetriesPerRequest: null });
    clients.push(made);
    return made;
  };
  const startWorker = async (options: TenxyteMaintenanceOptions = SHORT): Promise<ChildProcess> => {
    const worker = spawn(process.execPath, [PROGRAM], {
      env: {
        PATH: process.env['PATH'] ?? '',
        DATABASE_URL: database.url,
        MAINTENANCE_OPTIONS: JSON.stringify(options),
        ...(redis && { REDIS_PORT: String(redis.port) }),
        QUEUE: queue.name,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    workers.push(worker);
    await once(worker, 'message');
    return worker;
  };
  const fill = (rows: number): Promise<unknown> =>
    database.query(`insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
      select repeat('x', 150), '10.0.0.1', true, repeat('y', 90), '2001-01-01' from generate_series(1, ${rows})`);
  const left = async (): Promise<number> => {
    const [row] = await database.query<{ count: string }>('select count(*) from login_attempts');
    return Number(row?.count);
  };
  const runs = () =>
    database.query<{ id: string; status: string; engine_job: string; stop_reason: string | null }>(
      'select id, status, engine_job, stop_reason from tenxyte_maintenance.runs order by started_at',
    );
  const atWork = () => eventually(async () => (await left()) < ROWS && (await runs()).at(-1)?.status === 'running');
  const resultOf = async (job: Job): Promise<CleanupReport> =>
    (await job.waitUntilFinished(events, 40_000)) as CleanupReport;

  it('runs a job of its scheduler once for its slot, with progress and the report as its result', async () => {
    await fill(2_000);
    await startWorker();
    await startWorker();
    const heard: object[] = [];
    events.on('progress', ({ data }) => heard.push(data as object));
    const slot = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 60_000);
    const job = await queue.add('cleanup', {});
    expect(await resultOf(job)).toMatchObject({ task: 'cleanup', status: 'succeeded', rows: 2_000 });
    expect(heard.at(-1)).toMatchObject({ overall: 1 });
    expect(await seenOnBoard(queue, job.id ?? '')).toMatchObject({
      progress: { overall: 1 },
      returnValue: { task: 'cleanup', status: 'succeeded', rows: 2_000 },
    });
    // As a job scheduler makes them: two of one time.
    const repeated = { repeat: { every: 60_000 }, prevMillis: slot.getTime() };
    const jobs = await Promise.all(
      ['a', 'b'].map((id) => queue.add('maintenance', { task: 'cleanup' }, { jobId: id, ...repeated })),
    );
    const reports = await Promise.all(jobs.map(resultOf));
    expect(reports.map(({ status }) => status).toSorted()).toEqual(['skipped', 'succeeded']);
    expect(await runs()).toMatchObject([{ engine_job: job.id }, { status: 'succeeded' }]);
  });

  it('fires the scheduler whose slots the run has', async () => {
    await startWorker();
    await queue.upsertJobScheduler('each second', { pattern: '* * * * * *' }, { name: 'cleanup' });
    await eventually(async () => (await runs()).length >= 2);
    const slots = await database.query<{ slot: Date | null }>('select slot from tenxyte_maintenance.runs');
    expect(slots.every(({ slot }) => slot !== null && slot.getTime() % 1_000 === 0)).toBe(true);
  });

  it('makes up for one slot of those that were missed while all workers were down', async () => {
    const slots = async (): Promise<number[]> => {
      const rows = await database.query<{ slot: Date }>(
        `select slot from tenxyte_maintenance.runs where status = 'succeeded' order by slot`,
      );
      return rows.map(({ slot }) => slot.getTime() / 1_000);
    };
    const worker = await startWorker();
    await queue.upsertJobScheduler('each second', { pattern: '* * * * * *' }, { name: 'cleanup' });
    await eventually(async () => (await slots()).length >= 2);
    await end(worker, 'SIGKILL');
    const before = await slots();
    const last = before.at(-1) ?? 0;
    await eventually(async () => {
      const [row] = await database.query<{ now: number }>('select extract(epoch from now())::float8 as now');
      return (row?.now ?? 0) > last + 8;
    });
    await startWorker();
    await eventually(async () => (await slots()).length >= before.length + 3);
    const [first = 0, second = 0] = (await slots()).slice(before.length);
    expect(first).toBeLessThanOrEqual(last + 2);
    expect(second).toBeGreaterThan(last + 8);
  });

  it('moves a job to later, at no cost to its attempts, while another run goes on', async () => {
    await fill(ROWS);
    await startWorker(SLOW);
    await startWorker(SLOW);
    const first = await queue.add('cleanup', {}, { jobId: 'first' });
    await atWork();
    const second = await queue.add('cleanup', {}, { jobId: 'second', attempts: 1 });
    await eventually(async () => (await second.getState()) === 'delayed');
    expect(await resultOf(first)).toMatchObject({ status: 'succeeded' });
    expect(await resultOf(second)).toMatchObject({ status: 'succeeded', rows: 0 });
    expect((await queue.getJob('second'))?.attemptsMade).toBe(1);
  });

  it('gives up a job that is cancelled from any process, with who and why', async () => {
    await fill(ROWS);
    await startWorker(SLOW);
    const job = await queue.add('cleanup', {}, { attempts: 3 });
    await atWork();
    const [run] = await runs();
    await app.maintenance.cancel(run?.id ?? '', { actor: 'Ann', reason: 'ticket 17' });
    await expect(resultOf(job)).rejects.toThrow(/^CANCELLED: .*by Ann, reason: ticket 17/);
    expect(await left()).toBeGreaterThan(0);
    expect((await queue.getJob(job.id ?? ''))?.attemptsMade).toBe(1);
  });

  it('tries a job again whose run could not begin, and not one of no task', async () => {
    await startWorker();
    const unknown = await queue.add('sweep', {}, { attempts: 3 });
    await expect(resultOf(unknown)).rejects.toThrow('name is "sweep", accepted is one of cleanup');
    await database.query('alter table otp_codes rename column expires_at to ends');
    const failing = await queue.add('cleanup', {}, { attempts: 2 });
    const report = await resultOf(failing);
    expect(report.status).toBe('partial');
    await database.query('alter table otp_codes rename column ends to expires_at');
  });

  it('tries a job again whose run failed, until it is done', async () => {
    await startWorker();
    const holder = await database.connect();
    await holder.query('begin; lock table agent_tokens');
    const job = await queue.add('agent-heartbeat', {}, { attempts: 20, backoff: 500 });
    await eventually(async () => ((await queue.getJob(job.id ?? ''))?.attemptsMade ?? 0) > 0);
    await holder.query('rollback');
    expect(await resultOf(job)).toMatchObject({ task: 'agent-heartbeat', status: 'succeeded' });
    expect((await queue.getJob(job.id ?? ''))?.attemptsMade).toBeGreaterThan(1);
    expect((await runs()).map(({ status }) => status)).toEqual(expect.arrayContaining(['failed', 'succeeded']));
  });

  it('is missed when it stops: status says since when a run is due', async () => {
    const worker = await startWorker();
    await resultOf(await queue.add('cleanup', {}));
    expect((await app.maintenance.status()).tasks[0]).toMatchObject({ task: 'cleanup', health: 'ok' });
    await end(worker, 'SIGKILL');
    await database.query(`update tenxyte_maintenance.runs
      set started_at = started_at - interval '2 days', finished_at = finished_at - interval '2 days'`);
    await database.query(`update tenxyte_maintenance.schedules set since = since - interval '3 days'`);
    expect((await app.maintenance.status()).tasks[0]).toMatchObject({
      health: 'failing',
      lastRun: { status: 'succeeded' },
      reason: expect.stringContaining('due'),
    });
  });

  it('hands a job back when its worker shuts down, and another one does the rest', async () => {
    await fill(ROWS);
    const worker = await startWorker(SLOW);
    const job = await queue.add('cleanup', {}, { attempts: 1 });
    await atWork();
    expect(await end(worker, 'SIGTERM')).toBe('SIGTERM');
    expect(await left()).toBeGreaterThan(0);
    await startWorker();
    expect(await resultOf(job)).toMatchObject({ status: 'succeeded' });
    expect(await left()).toBe(0);
    expect(await runs()).toMatchObject([{ status: 'stopped', stop_reason: 'shutdown' }, { status: 'succeeded' }]);
  });

  it('goes on after a worker that was killed, once its lease is over', async () => {
    await fill(ROWS);
    const worker = await startWorker(SLOW);
    const job = await queue.add('cleanup', {}, { attempts: 3 });
    await atWork();
    await end(worker, 'SIGKILL');
    await startWorker();
    expect(await resultOf(job)).toMatchObject({ status: 'succeeded' });
    expect(await left()).toBe(0);
    expect(await runs()).toMatchObject([{ status: 'lost' }, { status: 'succeeded' }]);
  });
});

/** A job as bull-board shows it: what its server answers the page with. */
async function seenOnBoard(queue: Queue, id: string): Promise<unknown> {
  let board: BullBoardQueues = new Map();
  let routes: readonly AppControllerRoute[] = [];
  const adapter = new Proxy(
    {},
    {
      get:
        (_, name) =>
        (given: unknown): unknown => {
          board = name === 'setQueues' ? (given as BullBoardQueues) : board;
          routes = name === 'setApiRoutes' ? (given as readonly AppControllerRoute[]) : routes;
          return adapter;
        },
    },
  ) as IServerAdapter;
  createBullBoard({
    queues: [new BullMQAdapter(queue)],
    serverAdapter: adapter,
    options: { uiBasePath: '.', uiConfig: {} },
  });
  const route = routes.find(({ route: path }) => path === '/api/queues/:queueName/:jobId');
  const request = { queues: board, params: { queueName: queue.name, jobId: id }, query: {}, body: {}, headers: {} };
  const { body } = await (route as AppControllerRoute).handler(request as never);
  return (body as { readonly job: unknown }).job;
}
