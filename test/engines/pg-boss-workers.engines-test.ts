import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TenxyteMaintenanceOptions } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { end, ROWS, SHORT, SLOW } from './worker-process.js';

const PROGRAM = fileURLToPath(new URL('pg-boss-worker.mjs', import.meta.url));
const NODE_24 = fileURLToPath(
  new URL(`node_modules/node-24-${process.platform}-${process.arch}/bin/node`, import.meta.url),
);
const ENGINES = [
  ['pg-boss 10', 'pg-boss', process.execPath],
  ['pg-boss 12 on Node 24', 'pg-boss-12', NODE_24],
] as const;

if (!existsSync(NODE_24)) {
  console.warn('No Node 24 was installed for this platform: pg-boss 12 is not tested');
}

describe.each(ENGINES.filter(([, , node]) => existsSync(node)))('workers of %s', (_name, engine, node) => {
  const database = useTestDatabase();
  const workers: ChildProcess[] = [];
  let app: MaintenanceApp;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    await database.query(
      'drop schema if exists tenxyte_maintenance cascade; drop schema if exists pgboss cascade; truncate login_attempts',
    );
    app = await maintenanceApp(database.url, { options: SHORT });
    await app.maintenance.migrate();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => end(worker, 'SIGKILL')));
    await app.close();
  });

  const startWorker = async (options: TenxyteMaintenanceOptions = SHORT): Promise<ChildProcess> => {
    const worker = spawn(node, ['--disable-warning=ExperimentalWarning', PROGRAM], {
      env: {
        PATH: process.env['PATH'] ?? '',
        DATABASE_URL: database.url,
        MAINTENANCE_OPTIONS: JSON.stringify(options),
        PG_BOSS: engine,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    workers.push(worker);
    await once(worker, 'message');
    return worker;
  };
  const send = async (worker: ChildProcess, options: object): Promise<string> => {
    const answer = once(worker, 'message');
    worker.send(options);
    return String((await answer)[0]);
  };
  const ended = (id: string) =>
    eventually(async () => {
      const [job] = await database.query<{ state: string; output: Readonly<Record<string, unknown>>; retries: number }>(
        'select state::text, output, retry_count as retries from pgboss.job where id = $1',
        [id],
      );
      return job !== undefined && ['completed', 'failed'].includes(job.state) && job;
    });
  const fill = (): Promise<unknown> =>
    database.query(`insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
      select repeat('x', 150), '10.0.0.1', true, repeat('y', 90), '2001-01-01' from generate_series(1, ${ROWS})`);
  const left = async (): Promise<number> => {
    const [row] = await database.query<{ count: string }>('select count(*) from login_attempts');
    return Number(row?.count);
  };
  const runs = () =>
    database.query<{ id: string; status: string; stop_reason: string | null; progress: object | null }>(
      'select id, status, stop_reason, progress from tenxyte_maintenance.runs order by started_at',
    );
  const atWork = () => eventually(async () => (await left()) < ROWS && (await runs()).at(-1)?.status === 'running');

  it('run two jobs one after the other, with progress in the record and the report as their output', async () => {
    await fill();
    const worker = await startWorker(SLOW);
    await startWorker(SLOW);
    const first = await send(worker, { retryLimit: 0 });
    await atWork();
    const second = await send(worker, { retryLimit: 30, retryDelay: 1 });
    await eventually(async () => (await runs())[0]?.progress !== null);
    expect(await ended(first)).toMatchObject({ state: 'completed', output: { status: 'succeeded', rows: ROWS } });
    const { retries, ...job } = await ended(second);
    expect(job).toMatchObject({ state: 'completed', output: { status: 'succeeded', rows: 0 } });
    expect(retries).toBeGreaterThan(0);
    expect(await runs()).toMatchObject([{ status: 'succeeded' }, { status: 'succeeded' }]);
  });

  it('try a job again whose run failed, until it is done', async () => {
    const holder = await database.connect();
    await holder.query('begin; lock table agent_tokens');
    const options = { data: { task: 'agent-heartbeat' }, retryLimit: 30, retryDelay: 1 };
    const id = await send(await startWorker(), options);
    await eventually(async () => (await runs()).some(({ status }) => status === 'failed'));
    await holder.query('rollback');
    const { retries, ...job } = await ended(id);
    expect(job).toMatchObject({ state: 'completed', output: { task: 'agent-heartbeat', status: 'succeeded' } });
    expect(retries).toBeGreaterThan(0);
  });

  it('let a job fail that is cancelled from another process, with who and why', async () => {
    await fill();
    const id = await send(await startWorker(SLOW), { retryLimit: 0 });
    await atWork();
    await app.maintenance.cancel((await runs())[0]?.id ?? '', { actor: 'Ann', reason: 'ticket 17' });
    const { state, output } = await ended(id);
    expect([state, JSON.stringify(output)]).toEqual(['failed', expect.stringContaining('by Ann, reason: ticket 17')]);
    expect(await left()).toBeGreaterThan(0);
  });

  it('leave a job to another one when they shut down', async () => {
    await fill();
    const worker = await startWorker(SLOW);
    const id = await send(worker, { retryLimit: 5, retryDelay: 1 });
    await atWork();
    expect(await end(worker, 'SIGTERM')).toBe(0);
    expect(await left()).toBeGreaterThan(0);
    await startWorker();
    expect(await ended(id)).toMatchObject({ state: 'completed', output: { status: 'succeeded' } });
    expect(await runs()).toMatchObject([{ status: 'stopped', stop_reason: 'shutdown' }, { status: 'succeeded' }]);
    expect(await left()).toBe(0);
  });

  it('go on after one that was killed, once its job has expired and its lease is over', async () => {
    await fill();
    const worker = await startWorker(SLOW);
    const id = await send(worker, { retryLimit: 30, retryDelay: 1, expireInSeconds: 4 });
    await atWork();
    await end(worker, 'SIGKILL');
    await startWorker();
    expect(await ended(id)).toMatchObject({ state: 'completed', output: { status: 'succeeded' } });
    expect(await runs()).toMatchObject([{ status: 'lost' }, { status: 'succeeded' }]);
    expect(await left()).toBe(0);
  });

  it('are missed when they stop: status says that the task is overdue', async () => {
    const worker = await startWorker();
    await ended(await send(worker, {}));
    expect((await app.maintenance.status()).tasks[0]).toMatchObject({ task: 'cleanup', health: 'ok' });
    await end(worker, 'SIGTERM');
    await database.query(`update tenxyte_maintenance.runs
      set started_at = started_at - interval '2 days', finished_at = finished_at - interval '2 days'`);
    await database.query(`update tenxyte_maintenance.schedules set since = since - interval '3 days'`);
    expect((await app.maintenance.status()).tasks[0]).toMatchObject({
      health: 'failing',
      lastRun: { status: 'succeeded' },
      reason: expect.stringContaining('due'),
    });
  });
});
