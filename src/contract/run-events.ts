import type { Attribution } from './attribution.js';
import type { RunStatus, RunTrigger } from './run-record.js';
import type { ReportedError, TaskReport } from './task-report.js';

/** The events of a room by their names, each of which its payload carries: a listener of a pattern is given the payload alone. */
export type EventsByName<Event extends { readonly event: string }> = {
  readonly [Each in Event as Each['event']]: Each;
};

/** The run that an event tells of. */
export interface RunEvent {
  /** Such as `cleanup`. */
  readonly task: string;
  readonly runId: string;
  readonly trigger: RunTrigger;
  /** The scheduled time, ISO 8601; null for a run started by hand. */
  readonly slot: string | null;
  /** True when it was told to go on whatever the brakes say. */
  readonly force: boolean;
  /** Who asked for it, and why; null when nobody said. */
  readonly startedBy: Attribution | null;
}

/** A run that was claimed and begins. */
export interface RunStartedEvent extends RunEvent {
  readonly event: 'tenxyte-maintenance.run.started';
}

/** How a run ended. */
export interface RunFinishedEvent extends RunEvent {
  readonly event: 'tenxyte-maintenance.run.finished';
  readonly status: Exclude<RunStatus, 'running' | 'lost'>;
  /** The report of the task; null when it threw before there was one. */
  readonly report: TaskReport | null;
  readonly error: ReportedError | null;
}

/** A run that failed: its status is `failed`, or it threw. A `partial` run is none. Comes right after the event that it finished. */
export interface RunFailedEvent extends RunEvent {
  readonly event: 'tenxyte-maintenance.run.failed';
  /** Null when the run threw. */
  readonly report: TaskReport | null;
  /** Null when the report tells it part by part, as a cleanup does of which every target failed. */
  readonly error: ReportedError | null;
}

/** A run that was not made, as another one of its task went on, or one that found nothing to work on, such as no table. */
export interface RunSkippedEvent extends RunEvent {
  readonly event: 'tenxyte-maintenance.run.skipped';
  /** Null for a slot that was skipped. */
  readonly report: TaskReport | null;
  /** Why, such as `ALREADY_RUNNING`; null when the report gives no reason. */
  readonly error: ReportedError | null;
}

/** The events of every run. */
export type RunEvents = EventsByName<RunStartedEvent | RunFinishedEvent | RunFailedEvent | RunSkippedEvent>;

/** A run as its log lines, its span and its metrics tell of it. */
export interface ObservedRun extends RunEvent {
  /** A dry run changes nothing and leaves no record. */
  readonly isDryRun: boolean;
}
