import type { CleanupTargetReport, DeletionStrategy } from './cleanup-report.js';

/** Adds up the batches of one target. */
export class CleanupTally {
  private readonly startedAt = performance.now();
  private readonly strategies = new Set<DeletionStrategy>();
  public rows = 0;
  /** The rows of the table before the deletion; null when they were not counted. */
  public total: number | null = null;
  private lockedRows = 0;
  private batches = 0;
  private longestBatchMs = 0;

  /** Adds a committed batch, or a counted slice, which has no duration. */
  public add(part: { rows: number; strategy: DeletionStrategy; lockedRows?: number; durationMs?: number }): void {
    this.rows += part.rows;
    this.lockedRows += part.lockedRows ?? 0;
    this.strategies.add(part.strategy);
    if (part.durationMs !== undefined) {
      this.batches += 1;
      this.longestBatchMs = Math.max(this.longestBatchMs, part.durationMs);
    }
  }

  public get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  /** The counts, as the report gives them. */
  public counts(): Pick<
    CleanupTargetReport,
    'rows' | 'lockedRows' | 'strategy' | 'batches' | 'longestBatchMs' | 'durationMs'
  > {
    const [first = null] = this.strategies;
    return {
      rows: this.rows,
      lockedRows: this.lockedRows,
      strategy: this.strategies.size > 1 ? 'mixed' : first,
      batches: this.batches,
      longestBatchMs: Math.round(this.longestBatchMs),
      durationMs: Math.round(this.elapsedMs),
    };
  }
}
