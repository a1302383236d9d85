import type { QueryRunner } from 'typeorm';
import type { SqlFragment } from '../../database/sql-statement.js';
import type { Heap } from '../../database/stored-table.js';
import type { Walk } from './walk.js';

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
  /**
   * With stale statistics the planner may prefer an index for every slice and read all due rows each time. The commits need not
   * wait for the disk, which takes a tenth of the time off: `awaitFlush` at the end of the run waits for them all.
   */
  public readonly settings = {
    enable_seqscan: 'off',
    enable_indexscan: 'off',
    enable_bitmapscan: 'off',
    synchronous_commit: 'off',
  };
  private page = 0;
  private sliceEnd = 0;

  public constructor(private readonly heap: Heap) {}

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
