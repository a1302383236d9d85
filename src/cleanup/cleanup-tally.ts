import type { CleanupTargetReport, DeletionStrategy } from './cleanup-report.js';

/** Adds up the batches of one target. */
export class CleanupTally {
  private readonly startedAt = performance.now();
  private readonly strategies = new Set<DeletionStrategy>();
  public rows = 0;
  /** The rows of the table before the deletion; null when they were not counted. */
  public total: number | null = null;
  /** Due rows that a trigger or rule kept. */
  public keptRows = 0;
  /** Due rows that stay as others refer to them, by the table that does. */
  public readonly referenced = new Map<string, number>();
  /** Heaps that changed under the walk. */
  public readonly tableChanges: string[] = [];
  private lockedRows = 0;
  private batches = 0;
  private longestBatchMs = 0;

  /** Adds a committed batch, or a counted slice, which has no duration. */
  public add(part: {
    readonly rows: number;
    readonly strategy: DeletionStrategy;
    readonly lockedRows?: number;
    readonly keptRows?: number;
    readonly referenced?: ReadonlyMap<string, number>;
    readonly durationMs?: number;
  }): void {
    this.rows += part.rows;
    this.lockedRows += part.lockedRows ?? 0;
    this.keptRows += part.keptRows ?? 0;
    part.referenced?.forEach((rows, table) => this.referenced.set(table, (this.referenced.get(table) ?? 0) + rows));
    this.strategies.add(part.strategy);
    if (part.durationMs !== undefined) {
      this.batches += 1;
      this.longestBatchMs = Math.max(this.longestBatchMs, part.durationMs);
    }
  }

  public get referencedRows(): number {
    return [...this.referenced.values()].reduce((sum, rows) => sum + rows, 0);
  }

  public get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  /** The counts, as the report gives them. */
  public counts(): Pick<
    CleanupTargetReport,
    | 'rows'
    | 'lockedRows'
    | 'referencedRows'
    | 'referencedBy'
    | 'keptRows'
    | 'tableChanges'
    | 'strategy'
    | 'batches'
    | 'longestBatchMs'
    | 'durationMs'
  > {
    const [first = null] = this.strategies;
    return {
      rows: this.rows,
      lockedRows: this.lockedRows,
      referencedRows: this.referencedRows,
      referencedBy: [...this.referenced.keys()],
      keptRows: this.keptRows,
      tableChanges: this.tableChanges,
      strategy: this.strategies.size > 1 ? 'mixed' : first,
      batches: this.batches,
      longestBatchMs: Math.round(this.longestBatchMs),
      durationMs: Math.round(this.elapsedMs),
    };
  }
}
