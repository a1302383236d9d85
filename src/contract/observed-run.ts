import type { RunEvent } from '../maintenance-event-map.js';

/** A run as its log lines, its span and its metrics tell of it. */
export interface ObservedRun extends RunEvent {
  /** A dry run changes nothing and leaves no record. */
  readonly isDryRun: boolean;
}
