import type { QueryRunner } from 'typeorm';
import type { LocalSettings } from '../short-transaction.js';
import type { SqlFragment } from '../sql-statement.js';
import type { Heap } from '../stored-table.js';
import type { Walk } from './walk.js';

/** With stale statistics the planner may prefer an index for every slice and read all due rows each time. */
const TID_RANGE_SCAN = { enable_seqscan: 'off', enable_indexscan: 'off', enable_bitmapscan: 'off' };

/** How to walk a heap. */
export interface HeapWalkOptions {
  /**
   * True when each batch's commit waits for the disk as the server is set up to. Otherwise it need not, which takes a tenth of the
   * time off: `awaitFlush` at the end of the run waits for them all. @default false
   */
  readonly isDurable?: boolean;
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
  /** 768 pages full of due login attempts take some 60 ms, so that coming from a sparse stretch into a dense one costs little. */
  public readonly batchSize = { initial: 128, max: 768 };
  public readonly settings: LocalSettings;
  private page = 0;
  private sliceEnd = 0;

  public constructor(
    private readonly heap: Pick<Heap, 'pages'>,
    { isDurable = false }: HeapWalkOptions = {},
  ) {
    this.settings = isDurable ? TID_RANGE_SCAN : { ...TID_RANGE_SCAN, synchronous_commit: 'off' };
  }

  public get fraction(): number {
    return this.heap.pages === 0 ? 1 : this.page / this.heap.pages;
  }

  public async nextSlice(_queryRunner: QueryRunner, size: number): Promise<SqlFragment | undefined> {
    if (this.page >= this.heap.pages) {
      return undefined;
    }
    const from = this.page;
    const to = Math.min(this.heap.pages, from + size);
    this.sliceEnd = to;
    return (bind) => `ctid >= ${bind(`(${from},0)`, 'tid')} and ctid < ${bind(`(${to},0)`, 'tid')}`;
  }

  public advance(): void {
    this.page = this.sliceEnd;
  }
}
