import type { AttributedRequest } from './attribution.js';
import type { ReportedError, TaskReport } from './task-report.js';

/** A job of an engine: its name, such as `bullmq`, and the id that the job has there. */
export interface EngineJob {
  readonly engine: string;
  readonly engineJob: string;
}

/** What a job asks for. */
export interface EngineRunRequest extends EngineJob, AttributedRequest {
  /** Aborted when the job is to stop. @default never */
  readonly signal?: AbortSignal;
  /** The time the engine had scheduled the job for, which is run once, whoever asks. @default none: every job is a run of its own */
  readonly slot?: Date;
  /** Told of the progress of a task that has any: what a call of it with `onProgress` is told. */
  readonly onProgress?: (progress: object) => void;
}

/**
 * What is to become of the job. `done`: it is complete. `busy`: another run of the task goes on, or the slot has not come yet; ask again, at no
 * cost to the job's attempts. `retry`: it failed in a way that may pass. `give-up`: somebody has to change something first, or has cancelled
 * it. `handed-back`: this process shuts down; another one is to take the job, at no cost to its attempts.
 */
export type EngineVerdict = 'done' | 'busy' | 'retry' | 'give-up' | 'handed-back';

/** How a job ended. */
export interface EngineRun {
  readonly verdict: EngineVerdict;
  /** After so many milliseconds the job may be asked again; of `busy` alone. */
  readonly retryAfterMs?: number;
  /** The report of the run, `skipped` of one that was not made; null when there is none, as it could not begin. */
  readonly report: TaskReport | null;
  /** What was wrong; null when nothing was. */
  readonly error: ReportedError | null;
}
