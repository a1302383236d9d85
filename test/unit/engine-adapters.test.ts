import { describe, expect, it } from '@jest/globals';
import { type BullMqJob, maintenanceProcessor } from '../../src/engines/bullmq.js';
import { maintenanceWork } from '../../src/engines/pg-boss.js';
import type { EngineRun, EngineRunRequest, TaskReport } from '../../src/index.js';

const REPORT = { task: 'cleanup', status: 'succeeded' } as unknown as TaskReport;
const PARTIAL = { ...REPORT, status: 'partial' } as TaskReport;
const ERROR = { code: 'LOCK_TIMEOUT', message: 'a row was held', retryable: true };
const DONE: EngineRun = { verdict: 'done', report: REPORT, error: null };

/** Answers every job alike, and keeps what was asked. */
function tasks(run: EngineRun) {
  const asked: { task: string; request: EngineRunRequest }[] = [];
  const runForEngine = async (task: string, request: EngineRunRequest): Promise<EngineRun> => {
    asked.push({ task, request });
    request.onProgress?.({ overall: 0.5 });
    return run;
  };
  return { asked, runForEngine };
}

/** A job that keeps what is done with it. */
function job(fields: Partial<BullMqJob> = {}) {
  const done: unknown[] = [];
  const note = (what: string) => async (value?: unknown) => {
    done.push([what, value]);
  };
  const [updateProgress, moveToDelayed, moveToWait] = ['progress', 'delayed', 'wait'].map(note) as [
    BullMqJob['updateProgress'],
    BullMqJob['moveToDelayed'],
    BullMqJob['moveToWait'],
  ];
  return { done, id: '7', name: 'cleanup', data: {}, opts: {}, updateProgress, moveToDelayed, moveToWait, ...fields };
}

describe('the processor for BullMQ', () => {
  it('declares three parameters, without which BullMQ gives no signal', () => {
    expect(maintenanceProcessor(tasks(DONE))).toHaveLength(3);
  });

  it('runs the task that a job names, for the slot of its scheduler', async () => {
    const asking = tasks(DONE);
    const run = maintenanceProcessor(asking, { actor: 'ops' });
    const { signal } = new AbortController();
    const scheduled = job({ opts: { repeat: { every: 1 }, prevMillis: 1_000 } });
    expect(await run(scheduled, 'token', signal)).toBe(REPORT);
    expect(scheduled.done).toEqual([['progress', { overall: 0.5 }]]);
    await run(
      job({ id: undefined, name: 'nightly', data: { task: 'agent-heartbeat' }, opts: { prevMillis: 1_000 } }),
      'token',
      undefined,
    );
    await run(job({ data: null }), 'token', undefined);
    const common = { engine: 'bullmq', actor: 'ops', onProgress: expect.any(Function) };
    expect(asking.asked).toEqual([
      { task: 'cleanup', request: { ...common, engineJob: '7', slot: new Date(1_000), signal } },
      { task: 'agent-heartbeat', request: { ...common, engineJob: 'unknown' } },
      { task: 'cleanup', request: { ...common, engineJob: '7' } },
    ]);
  });

  it('goes by the options before the job, and minds no job that is gone', async () => {
    const asking = tasks(DONE);
    const gone = job({ updateProgress: () => Promise.reject(new Error('Missing key for job')) });
    await maintenanceProcessor(asking, { task: 'check-heartbeats', slot: () => new Date(5) })(gone, 'token', undefined);
    expect(asking.asked).toMatchObject([{ task: 'check-heartbeats', request: { slot: new Date(5) } }]);
  });

  it.each<[EngineRun, string, string]>([
    [{ verdict: 'busy', retryAfterMs: 5_000, report: null, error: ERROR }, 'DelayedError', 'delayed'],
    [{ verdict: 'busy', report: null, error: null }, 'DelayedError', 'delayed'],
    [{ verdict: 'handed-back', report: null, error: ERROR }, 'WaitingError', 'wait'],
  ])('moves a job that is not done now: %j', async (run, name, moved) => {
    const moving = job();
    await expect(maintenanceProcessor(tasks(run))(moving, 'token', undefined)).rejects.toMatchObject({ name });
    expect(moving.done).toContainEqual([moved, expect.anything()]);
  });

  it.each<[EngineRun, string, string]>([
    [{ verdict: 'retry', report: null, error: ERROR }, 'Error', 'LOCK_TIMEOUT: a row was held'],
    [{ verdict: 'retry', report: { ...REPORT, status: 'failed' }, error: null }, 'Error', 'failed: some of the work'],
    [{ verdict: 'retry', report: null, error: null }, 'Error', 'retry: some of the work'],
    [{ verdict: 'give-up', report: null, error: ERROR }, 'UnrecoverableError', 'LOCK_TIMEOUT: a row was held'],
  ])('fails a job: %j', async (run, name, message) => {
    const failing = maintenanceProcessor(tasks(run))(job(), 'token', undefined);
    await expect(failing).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  });

  it('takes a partial run for done, unless it is told otherwise', async () => {
    const partial: EngineRun = { verdict: 'done', report: PARTIAL, error: null };
    expect(await maintenanceProcessor(tasks(partial))(job(), 'token', undefined)).toBe(PARTIAL);
    const strict = maintenanceProcessor(tasks(partial), { partialFails: true });
    await expect(strict(job(), 'token', undefined)).rejects.toThrow('partial: some of the work failed');
  });
});

describe('the handler for pg-boss', () => {
  const one = { id: 'a', name: 'cleanup', data: {} };

  it('runs the jobs that it is given, one or several, and answers the last report', async () => {
    const asking = tasks(DONE);
    const { signal } = new AbortController();
    expect(await maintenanceWork(asking)(one)).toBe(REPORT);
    const handle = maintenanceWork(asking, { actor: 'ops', slot: () => new Date(5) });
    expect(
      await handle([
        { ...one, signal },
        { ...one, id: 'b', data: { task: 'cleanup' } },
      ]),
    ).toBe(REPORT);
    expect(await handle([])).toBeUndefined();
    expect(asking.asked.map(({ request }) => request)).toEqual([
      { engine: 'pg-boss', engineJob: 'a' },
      { engine: 'pg-boss', engineJob: 'a', slot: new Date(5), signal, actor: 'ops' },
      { engine: 'pg-boss', engineJob: 'b', slot: new Date(5), actor: 'ops' },
    ]);
  });

  it.each(['busy', 'retry', 'give-up', 'handed-back'] as const)('fails an attempt: %s', async (verdict) => {
    const run: EngineRun = { verdict, report: null, error: ERROR };
    await expect(maintenanceWork(tasks(run))([one])).rejects.toThrow('LOCK_TIMEOUT: a row was held');
  });
});
