import type { ReportedError } from '../../contract/task-report.js';
import type { Instant } from '../../database/instant.js';
import type { SkipReason } from '../cleanup-report.js';
import type { CleanedTargetName } from '../targets/cleanup-targets.js';

/** How many due rows a target has now, and for how long the oldest of them has been due. */
export interface TargetBacklog {
  readonly name: CleanedTargetName;
  /** `skipped`: nothing to measure, see `skipReason`; `failed`: could not be measured, see `error`. */
  readonly status: 'measured' | 'skipped' | 'failed';
  /** Rows that a cleanup would delete now; null unless measured. */
  readonly dueRows: number | null;
  /** True when `dueRows` is reckoned from a sample or from statistics rather than counted. */
  readonly isEstimate: boolean;
  /** Since when the oldest due row has been due; null when none is, or when it cannot be told. */
  readonly oldestDueSince: Instant | null;
  /** Whole seconds from `oldestDueSince` to the time of the measurement; null with it. */
  readonly oldestDueSeconds: number | null;
  /** Bytes of the table with its indexes and TOAST, all partitions together; null unless measured. */
  readonly tableBytes: number | null;
  /** True when the oldest due row has been due for longer than two intervals of the cleanup's schedule; false without a schedule. */
  readonly isFallingBehind: boolean;
  readonly skipReason?: SkipReason;
  readonly error?: ReportedError;
}

/** The backlog of every target that the cleanup works on. */
export interface BacklogReport {
  /** The database's clock, which every cutoff follows from. */
  readonly measuredAt: Instant;
  /** Seconds between two slots of the cleanup's schedule, at present; null when it is left to manual runs. */
  readonly scheduleIntervalSeconds: number | null;
  readonly targets: readonly TargetBacklog[];
  /** Legal holds in force, whose rows do not count as due; null when the role may not read them. */
  readonly holdsInForce: number | null;
}
