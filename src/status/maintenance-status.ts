import type { ProgressSnapshot } from '../contract/progress-snapshot.js';
import type { TaskPause } from '../contract/task-pause.js';
import type { Instant } from '../database/instant.js';
import type { HoldsSummary } from '../holds/legal-hold.js';
import type { TaskName } from '../maintenance-tasks.js';
import type { RunSummary } from './run-summary.js';
import type { ScheduleSource } from '../tasks/schedule/schedule-in-force.js';
import type { ScheduledBy } from '../tasks/schedule/run-schedule.js';

/**
 * How a task fares. `failing`: its last run failed, was partial or was lost, or its last success is too old. `warning`: its last run was
 * stopped, or found something. `paused`: somebody paused it, so nobody waits for it. `unknown`: it has not run yet and need not have, or
 * nobody can tell. `off`: its schedule is `false`.
 */
export type TaskHealth = 'ok' | 'warning' | 'failing' | 'paused' | 'unknown' | 'off';

/** When a task runs by itself. */
export interface TaskSchedule {
  readonly source: ScheduleSource;
  /** Who runs it: the timers of the application, a job engine, or a scheduler outside; null without a schedule. */
  readonly by: ScheduledBy | null;
  /**
   * A cron expression, or `@every 1d` of runs that are expected so long after one another; null when the task is left to manual runs, or when
   * its schedule is not known.
   */
  readonly expression: string | null;
  /** The expression in words, such as `At 03:00`; null without one. */
  readonly description: string | null;
  /** An IANA name; null without an expression. */
  readonly timeZone: string | null;
  /** Since when the application's replicas know it; null when none of them recorded one. */
  readonly recordedSince: Instant | null;
}

/** A run at work just now. */
export interface RunningRun extends Pick<
  RunSummary,
  'runId' | 'trigger' | 'slot' | 'owner' | 'force' | 'startedBy' | 'startedAt' | 'cancelRequestedAt' | 'cancelledBy'
> {
  readonly leaseExpiresAt: Instant;
  /** Whole seconds until the lease runs out, unless its owner renews it. */
  readonly leaseSecondsLeft: number;
  /** How far it is, as its process recorded it within the last second or so; null when it did not yet, or works without batches. */
  readonly progress: ProgressSnapshot | null;
}

/** How one task stands. */
export interface TaskState {
  readonly task: TaskName;
  readonly schedule: TaskSchedule;
  /** The last run that ended or was lost, in the whole cluster; skipped slots do not count. Null when it never ran. */
  readonly lastRun: RunSummary | null;
  /** When the last run that succeeded ended; null when none did. */
  readonly lastSuccessAt: Instant | null;
  /** Null when none is. */
  readonly running: RunningRun | null;
  /** Null when it is not paused. */
  readonly pause: TaskPause | null;
  /**
   * When the next run is expected: the next slot, which is skipped while the task is paused, or so long after the last run; null without a
   * schedule.
   */
  readonly nextRunAt: Instant | null;
  readonly health: TaskHealth;
  /** Why the health is what it is: one sentence. */
  readonly reason: string;
}

/** How the tasks stand, in the whole cluster. */
export interface MaintenanceStatus {
  readonly task: 'status';
  /** The tasks could be looked at, whatever their health. */
  readonly status: 'succeeded';
  /** The database's clock, which everything here follows. */
  readonly at: Instant;
  /** False when this package's tables are not there: nothing ever ran. */
  readonly isRecorded: boolean;
  readonly tasks: readonly TaskState[];
  /** The legal holds; null when this package's tables are not there, or the role may not read them. */
  readonly holds: HoldsSummary | null;
}
