import type { Instant } from '../database/instant.js';
import type { ReportedError, TaskReport, TaskStatus } from './task-report.js';

/** What started a run: a tick, the start-up after a missed tick, a call of the service, the command line. */
export type RunTrigger = 'cron' | 'missed' | 'manual' | 'cli';

/** `running`, or how a run ended; `lost`: its owner crashed or lost touch, and its lease ran out. */
export type RunStatus = 'running' | TaskStatus | 'lost';

/** A run that wants to begin. */
export interface RunClaim {
  /** A random UUID. */
  readonly runId: string;
  readonly task: string;
  /** The scheduled time; null for a run started by hand. */
  readonly slot: Date | null;
  readonly trigger: RunTrigger;
  readonly owner: string;
}

/** A run that goes on, as another process sees it. */
export interface OtherRun {
  readonly runId: string;
  readonly owner: string;
  readonly startedAt: Instant;
}

/** What became of a claim: the run is this process's; someone ran this slot already; another run of the task goes on. */
export type ClaimOutcome =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'taken' }
  | { readonly kind: 'busy'; readonly other: OtherRun; readonly at: Instant };

/** How a run ended. */
export interface RunEnd {
  readonly status: TaskStatus;
  readonly report: TaskReport | null;
  readonly error: ReportedError | null;
}
