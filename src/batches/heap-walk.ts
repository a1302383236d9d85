import type { QueryRunner } from 'typeorm';
import type { LocalSettings } from '../database/short-transaction.js';
import type { SqlFragment } from '../database/sql-statement.js';
import type { Heap } from '../database/stored-table.js';
import { HeapCursor, type PageRange } from './heap-cursor.js';
import type { Walk } from './walk.js';

/** With stale statistics the planner may prefer an index for every slice and read all due rows each time. */
const TID_RANGE_SCAN = { enable_seqscan: 'off', enable_indexscan: 'off', enable_bitmapscan: 'off' };

/** How to walk a heap. */
export interface HeapWalkOptions {
  /**
   * True when each batch's commit waits for the disk as the server is set up to. Otherwise it need not, which takes a tenth of the
   * time off: the record of the run's end waits for them all. @default false
   */
  readonly isDurable?: boolean;
  /** True to begin at the last page: younger rows before those that they refer to. @default false */
  readonly isBackwards?: boolean;
}

/**
 * Walks the heap once, from its first page to the one that was last when the run looked: each slice is a range of pages, read by
 * a TID range scan. Needs no index, never reads a page twice, and knows exactly how far it is.
 *
 * Rows that are written behind the last page, or move there, were alive after the run began; the next run judges them.
 */
export class HeapWalk implements Walk {
  public readonly strategy = 'heap-walk';
  public readonly asksServer = false;
  /** 512 pages full of due login attempts take some 40 ms, so that coming from a sparse stretch into a dense one costs little. */
  public readonly batchSize = { initial: 128, max: 512 };
  public readonly settings = TID_RANGE_SCAN;
  public readonly commitSettings: LocalSettings;
  private readonly cursor: HeapCursor;
  /** Pages that this walk took and has not finished. */
  private taken: PageRange | undefined;
  private slice: PageRange = { from: 0, to: 0 };

  public constructor(
    heap: Pick<Heap, 'pages'> | HeapCursor,
    private readonly options: HeapWalkOptions = {},
  ) {
    this.cursor = heap instanceof HeapCursor ? heap : new HeapCursor(heap.pages, options.isBackwards);
    this.commitSettings = options.isDurable === true ? {} : { synchronous_commit: 'off' };
  }

  public get fraction(): number {
    return this.cursor.fraction;
  }

  /** Pages that no walk has taken. */
  public get pagesLeft(): number {
    return this.cursor.pagesLeft;
  }

  /** True when nothing is left to take and all that was taken is done. */
  public get isAtEnd(): boolean {
    return this.pagesLeft === 0 && this.taken === undefined;
  }

  public async nextSlice(_queryRunner: QueryRunner, size: number): Promise<SqlFragment | undefined> {
    this.taken ??= this.cursor.take(size);
    if (this.taken === undefined) {
      return undefined;
    }
    const { from } = this.taken;
    const to = Math.min(this.taken.to, from + size);
    this.slice = { from, to };
    return (bind) => {
      const [first, end] = [bind(`(${from},0)`, 'tid'), bind(`(${to},0)`, 'tid')];
      return `ctid operator(pg_catalog.>=) ${first} and ctid operator(pg_catalog.<) ${end}`;
    };
  }

  public advance(): void {
    this.cursor.finish(this.slice);
    const rest = { from: this.slice.to, to: this.taken?.to ?? this.slice.to };
    this.taken = rest.from < rest.to ? rest : undefined;
  }

  /** Another walk along the same heap: each page is walked by one of the two. */
  public alongside(): HeapWalk {
    return new HeapWalk(this.cursor, this.options);
  }

  /** Ends this walk and leaves what it took and did not finish to the others. */
  public leave(): void {
    if (this.taken !== undefined) {
      this.cursor.giveBack(this.taken);
      this.taken = undefined;
    }
  }
}
