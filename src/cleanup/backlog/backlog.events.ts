import type { EventsByName } from '../../contract/run-events.js';
import type { Instant } from '../../database/instant.js';
import type { CleanedTargetName } from '../targets/cleanup-targets.js';

/** A cleanup target whose oldest due row has been due for longer than two intervals of the schedule. */
export interface FallingBehindEvent {
  readonly event: 'tenxyte-maintenance.cleanup.falling-behind';
  /** The run after which it was found; null when no run was the occasion. */
  readonly runId: string | null;
  readonly target: CleanedTargetName;
  readonly oldestDueSince: Instant | null;
  /** Whole seconds. */
  readonly oldestDueSeconds: number | null;
  readonly scheduleIntervalSeconds: number | null;
  readonly dueRows: number | null;
  /** True when `dueRows` is reckoned rather than counted. */
  readonly isEstimate: boolean;
}

/** The events of the backlog. */
export type BacklogEvents = EventsByName<FallingBehindEvent>;
