import type { CleanupTargetName } from './targets/cleanup-targets.js';

/** How far a target is, given after each batch. */
export interface CleanupProgress {
  readonly target: CleanupTargetName;
  /** Rows deleted, or counted in a dry run, so far. */
  readonly rows: number;
  /** The share of the table that lies behind, 0 to 1: exact along the heap, an estimate along an index. */
  readonly fraction: number;
  /** Milliseconds left at the present pace; null before there is one. */
  readonly remainingMs: number | null;
}

/** Told after each batch. What it throws is logged once and otherwise ignored: it cannot harm the run. */
export type CleanupProgressListener = (progress: CleanupProgress) => void;
