import type { EventsByName } from './run-events.js';
import type { CancellationRequest } from './run-record.js';
import type { PauseEnding, TaskPause } from './task-pause.js';

/** A run was asked to stop, from whichever process; its end is an event of the process that it is at work in. */
export interface RunCancelRequestedEvent extends CancellationRequest {
  readonly event: 'tenxyte-maintenance.run.cancel-requested';
  readonly task: string;
  readonly runId: string;
  /** The process that the run is at work in. */
  readonly owner: string;
}

/** A task was paused. */
export interface TaskPausedEvent extends TaskPause {
  readonly event: 'tenxyte-maintenance.task.paused';
  readonly task: string;
}

/** A task was resumed by somebody; a pause that ends by itself is told of by nobody. */
export interface TaskResumedEvent extends PauseEnding {
  readonly event: 'tenxyte-maintenance.task.resumed';
  readonly task: string;
}

/** The events of whoever steers runs and tasks. */
export type ControlEvents = EventsByName<RunCancelRequestedEvent | TaskPausedEvent | TaskResumedEvent>;
