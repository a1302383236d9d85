import type { TaskReport } from '../contract/task-report.js';
import { type AdapterOptions, type EngineTasks, taskOf, throwUnlessDone } from './job-outcome.js';

/** As much of pg-boss's `Job` as is used here: of pg-boss 10 to 12. */
export interface PgBossJob {
  readonly id: string;
  /** The queue; it is the task, unless the data or the options name another. */
  readonly name: string;
  readonly data: unknown;
  /** Aborted when the job is to stop; of pg-boss 12. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes the handler of `boss.work()`. A queue's name is the task that its jobs run, or their data's field `task`; the report of the last job
 * is the result. pg-boss knows no failure that it does not try again, nor a delay that costs no attempt: each verdict but `done` throws.
 *
 * pg-boss does not say when a job was scheduled for: give `slot` for one, such as the minute that the job was made in.
 *
 * @throws {Error} when the job is to be tried again
 */
export function maintenanceWork(
  maintenance: EngineTasks,
  options: AdapterOptions<PgBossJob> = {},
): (jobs: PgBossJob | readonly PgBossJob[]) => Promise<TaskReport | undefined> {
  return async (jobs) => {
    let report: TaskReport | undefined;
    for (const job of [jobs].flat() as readonly PgBossJob[]) {
      const slot = options.slot?.(job);
      const run = await maintenance.runForEngine(taskOf(job, options), {
        engine: 'pg-boss',
        engineJob: job.id,
        ...(slot && { slot }),
        ...(job.signal && { signal: job.signal }),
        ...(options.actor === undefined ? {} : { actor: options.actor }),
      });
      report = throwUnlessDone(run, options, (message) => new Error(message));
    }
    return report;
  };
}
