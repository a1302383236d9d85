import type { QueryRunner } from 'typeorm';
import type { LocalSettings } from '../database/short-transaction.js';
import type { SqlFragment } from '../database/sql-statement.js';
import type { BatchSizeBounds } from './adaptive-batch-size.js';

/** How the due rows of a heap are found. */
export type WalkStrategy = 'heap-walk' | 'age-index';

/** One way through a heap, slice after slice; the slices together cover every due row. */
export interface Walk {
  readonly strategy: WalkStrategy;
  readonly batchSize: BatchSizeBounds;
  /** Settings of each batch's transaction, such as those that hold the planner to this walk whatever the statistics say. */
  readonly settings: LocalSettings;
  /** Settings for the commit of each batch, such as one that it need not wait for the disk. */
  readonly commitSettings: LocalSettings;
  /** True when `nextSlice` asks the server, which it does inside the batch's transaction. */
  readonly asksServer: boolean;
  /** The condition of the next slice, of about `size` units; does not move on. Undefined at the end. */
  nextSlice(queryRunner: QueryRunner, size: number): Promise<SqlFragment | undefined>;
  /** Moves past the slice that `nextSlice` gave last. */
  advance(rows: number): void;
  /** The share of the heap that lies behind, 0 to 1. */
  readonly fraction: number;
}
