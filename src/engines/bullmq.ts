import type { EngineRunRequest } from '../contract/engine-run.js';
import type { TaskReport } from '../contract/task-report.js';
import { type AdapterOptions, type EngineTasks, taskOf, throwUnlessDone } from './job-outcome.js';

/** As much of BullMQ's `Job` as is used here: of BullMQ 5 and 6. */
export interface BullMqJob {
  readonly id?: string | undefined;
  /** The task, unless the data or the options name another. */
  readonly name: string;
  readonly data: unknown;
  readonly opts: {
    /** Of a job that a job scheduler made: when it was due, in milliseconds since 1970. */
    readonly prevMillis?: number | undefined;
    readonly repeat?: unknown;
  };
  updateProgress(progress: object): Promise<void>;
  moveToDelayed(timestamp: number, token?: string): Promise<void>;
  moveToWait(token?: string): Promise<unknown>;
}

/**
 * Makes the processor of a BullMQ worker. A job's name is the task that it runs, or its data's field `task`; the report is the job's result.
 *
 * A job of a job scheduler stands for the time that it was due at, which is run once, whoever starts it. Where another run goes on, the job
 * is moved to later, and one of a process that shuts down is handed back, neither at the cost of an attempt. It declares three parameters, as
 * BullMQ gives its signal to none that declares fewer: hand it to the worker as it is, or pass all three on.
 *
 * @throws {Error} that BullMQ takes for what it is to do with the job: by its name `UnrecoverableError`, `DelayedError`, `WaitingError`, or
 * any other for an attempt that failed
 */
export function maintenanceProcessor(
  maintenance: EngineTasks,
  options: AdapterOptions<BullMqJob> = {},
): (job: BullMqJob, token: string | undefined, signal: AbortSignal | undefined) => Promise<TaskReport> {
  return async (job: BullMqJob, token: string | undefined, signal: AbortSignal | undefined): Promise<TaskReport> => {
    const { prevMillis, repeat } = job.opts;
    const slot = options.slot?.(job) ?? (repeat == null || prevMillis === undefined ? undefined : new Date(prevMillis));
    const request: EngineRunRequest = {
      engine: 'bullmq',
      engineJob: job.id ?? 'unknown',
      ...(slot && { slot }),
      ...(signal && { signal }),
      ...(options.actor === undefined ? {} : { actor: options.actor }),
      onProgress: (progress) => {
        // A job that is gone has nobody to tell.
        job.updateProgress(progress).catch(() => undefined);
      },
    };
    const run = await maintenance.runForEngine(taskOf(job, options), request);
    if (run.verdict === 'busy') {
      await job.moveToDelayed(Date.now() + (run.retryAfterMs ?? 0), token);
      throw named('DelayedError', run.error?.message);
    }
    if (run.verdict === 'handed-back') {
      await job.moveToWait(token);
      throw named('WaitingError', run.error?.message);
    }
    return throwUnlessDone(run, options, (message) => named('UnrecoverableError', message));
  };
}

/** BullMQ goes by the name where the class is another copy's. */
function named(name: string, message = 'another process does this job'): Error {
  return Object.assign(new Error(message), { name });
}
