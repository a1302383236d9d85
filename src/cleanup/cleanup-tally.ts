import type { CleanupTargetReport, DeletionStrategy } from './cleanup-report.js';
import type { RuleFindings } from './rule-report.js';
import { type RowKinds, rowsOfKinds } from './deletion/row-kinds.js';

/** The due rows that a walk left, by the name that each has. */
interface Remainder {
  lockedRows: number;
  keptRows: number;
  readonly referenced: Map<string, number>;
}

/** Adds up the batches of one target. */
export class CleanupTally implements RuleFindings {
  private readonly startedAt = performance.now();
  private readonly strategies = new Set<DeletionStrategy>();
  public rows = 0;
  /** The rows of the table before the deletion; null when they were not counted. */
  public total: number | null = null;
  /** Due rows that a hold holds; null while they are not counted. */
  public heldRows: number | null = null;
  /** The holds that hold all of them. */
  public heldWhole: readonly string[] = [];
  public matches: ReadonlyMap<number, boolean> = new Map();
  private readonly kinds = new Map<number, number>();
  private areKindsCounted = true;
  /** Heaps that changed under the walk. */
  public readonly tableChanges: string[] = [];
  /** Of each heap the one of its last walk. */
  private remainders: Remainder[] = [];
  private batches = 0;
  private longestBatchMs = 0;

  /** To be called before each heap. */
  public beginHeap(): void {
    this.remainders.push(nothingLeft());
  }

  /** To be called before each walk through the heap at hand: what an earlier one left, this one meets again. */
  public beginWalk(): void {
    this.remainders.splice(-1, 1, nothingLeft());
  }

  /** All heaps are gone through again: one of them is no longer what it was, or other holds are in force. */
  public beginAnew(changed: readonly string[]): void {
    this.tableChanges.push(...changed);
    this.remainders = [];
  }

  /** Adds a committed batch, or a counted slice, which has no duration. */
  public add(part: {
    readonly rows: number;
    readonly kinds?: RowKinds;
    readonly strategy: DeletionStrategy;
    readonly lockedRows?: number;
    readonly keptRows?: number;
    readonly referenced?: ReadonlyMap<string, number>;
    readonly durationMs?: number;
  }): void {
    const { rows, kinds = NO_KINDS, strategy, lockedRows = 0, keptRows = 0, referenced, durationMs } = part;
    this.rows += rows;
    this.areKindsCounted &&= rows === rowsOfKinds(kinds);
    kinds.forEach((count, kind) => addTo(this.kinds, kind, count));
    this.strategies.add(strategy);
    const remainder = this.remainders.at(-1) ?? nothingLeft();
    remainder.lockedRows += lockedRows;
    remainder.keptRows += keptRows;
    referenced?.forEach((count, table) => addTo(remainder.referenced, table, count));
    if (durationMs !== undefined) {
      this.batches += 1;
      this.longestBatchMs = Math.max(this.longestBatchMs, durationMs);
    }
  }

  public rowsOfKind(kind: number): number | null {
    return this.areKindsCounted ? (this.kinds.get(kind) ?? 0) : null;
  }

  /** Due rows that a trigger or rule kept. */
  public get keptRows(): number {
    return sum(this.remainders.map(({ keptRows }) => keptRows));
  }

  /** Due rows that stay as others refer to them, by the table that does. */
  public get referenced(): ReadonlyMap<string, number> {
    const all = new Map<string, number>();
    for (const { referenced } of this.remainders) {
      referenced.forEach((rows, table) => addTo(all, table, rows));
    }
    return all;
  }

  public get referencedRows(): number {
    return sum([...this.referenced.values()]);
  }

  public get elapsedMs(): number {
    return performance.now() - this.startedAt;
  }

  /** The counts, as the report gives them. */
  public counts(): Omit<
    CleanupTargetReport,
    'name' | 'status' | 'isUncertain' | 'cutoff' | 'retentionDays' | 'rules' | 'skipReason' | 'brake' | 'error'
  > {
    const [first = null] = this.strategies;
    return {
      rows: this.rows,
      lockedRows: sum(this.remainders.map(({ lockedRows }) => lockedRows)),
      referencedRows: this.referencedRows,
      referencedBy: [...this.referenced.keys()],
      keptRows: this.keptRows,
      heldRows: this.heldRows,
      heldWhole: this.heldWhole,
      tableChanges: this.tableChanges,
      strategy: this.strategies.size > 1 ? 'mixed' : first,
      batches: this.batches,
      longestBatchMs: Math.round(this.longestBatchMs),
      durationMs: Math.round(this.elapsedMs),
    };
  }
}

const NO_KINDS: RowKinds = new Map();

function nothingLeft(): Remainder {
  return { lockedRows: 0, keptRows: 0, referenced: new Map() };
}

function addTo<Key>(counts: Map<Key, number>, key: Key, rows: number): void {
  counts.set(key, (counts.get(key) ?? 0) + rows);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
