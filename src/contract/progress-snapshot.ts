import type { TaskStatus } from './task-report.js';

/** How far a part of a run is: a target of a cleanup, a phase of a rotation. */
export interface PartProgress {
  /** Such as `login_attempts`, or `rotating`. */
  readonly name: string;
  /** What is counted. */
  readonly unit: 'row' | 'secret';
  readonly count: number;
  /** The share of the part that lies behind, 0 to 1; null where it is not known. */
  readonly fraction: number | null;
  /** Milliseconds left at the present pace; null where that is not known. */
  readonly remainingMs: number | null;
  /** How it ended; null while it is worked on. */
  readonly status: TaskStatus | null;
  /** Why it did not succeed: the code of its error, or its `skipReason`; else null. */
  readonly reason: string | null;
}

/** How far a run is, as its process records it once a second. */
export interface ProgressSnapshot {
  /** The share of the whole run that lies behind, 0 to 1. */
  readonly overall: number;
  /** Those that were begun, in the order of their begin. */
  readonly parts: readonly PartProgress[];
}
