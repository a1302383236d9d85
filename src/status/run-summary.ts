import type { Attribution } from '../contract/attribution.js';
import type { RunStatus, RunTrigger } from '../contract/run-record.js';
import type { ReportedError, TaskReport } from '../contract/task-report.js';
import type { Instant } from '../database/instant.js';
import type { InterruptionReason } from '../errors/run-interrupted.error.js';

/** One run, as the table of runs has it, without its report. */
export interface RunSummary {
  readonly runId: string;
  /** Such as `cleanup`. */
  readonly task: string;
  readonly trigger: RunTrigger;
  /** The scheduled time; null for a run started by hand. */
  readonly slot: Instant | null;
  /** The job engine that started it, such as `bullmq`; null of any other. */
  readonly engine: string | null;
  /** The id of the job there. */
  readonly engineJob: string | null;
  /** The process that ran it: host, process id and a random part. */
  readonly owner: string;
  /** `lost` too while the table still says `running`, once the lease ran out: the next run marks it. */
  readonly status: RunStatus;
  readonly startedAt: Instant;
  /** Null while it goes on. */
  readonly finishedAt: Instant | null;
  /** Milliseconds, rounded; null for a run that goes on or was lost. */
  readonly durationMs: number | null;
  /** Why it ended before its work was done; null when it did not. */
  readonly stopReason: InterruptionReason | null;
  /** When somebody cancelled it, whether it stopped for that or had ended by then; null when nobody did. */
  readonly cancelRequestedAt: Instant | null;
  /** Who cancelled it, and why; null when nobody did or said. */
  readonly cancelledBy: Attribution | null;
  /** True when it was told to go on whatever the brakes say. */
  readonly force: boolean;
  /** Who asked for it, and why, in their own words; null when nobody said. */
  readonly startedBy: Attribution | null;
  /** A few words about it, such as `deleted 1,234 rows`. */
  readonly summary: string;
  /** Why it failed or was skipped; null when it was not. */
  readonly error: ReportedError | null;
}

/** One run with its whole report. */
export interface RecordedRun extends RunSummary {
  /** As the task gave it; null while the run goes on, or when it ended without one. */
  readonly report: TaskReport | null;
}
