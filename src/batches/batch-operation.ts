import type { QueryRunner } from 'typeorm';
import type { AttachedObject } from '../database/attached-objects.js';
import type { StatementAnswer } from '../database/short-transaction.js';
import type { SqlFragment } from '../database/sql-statement.js';
import type { Heap } from '../database/stored-table.js';
import type { BatchLimits } from './batch-limits.js';
import type { Walk } from './walk.js';

/** The outcome of a slice. */
export interface BatchOutcome {
  /** Rows that were changed. */
  readonly rows: number;
  /** Due rows that someone else held, or changed while the statement ran; left to the next run. */
  readonly lockedRows: number;
  /** Due rows, held by nobody, that a trigger or rule of the table kept from being changed. */
  readonly keptRows: number;
}

/** One statement that works on a slice, and how to read its answer. */
export interface BatchStatement<Outcome extends BatchOutcome> {
  /** Writes the statement; it carries the slice's condition and the whole condition of what is due. */
  readonly write: (slice: SqlFragment) => SqlFragment;
  readonly outcome: (answer: StatementAnswer) => Outcome;
}

/** The statement for the due rows of each slice of a heap, in two ways. */
export interface BatchOperation<Outcome extends BatchOutcome> {
  readonly heap: Heap;
  /** The whole condition of what is due. */
  readonly due: SqlFragment;
  /** What others have attached to the heap and what the statement sets off. */
  readonly attached: readonly AttachedObject[];
  /** Waits for a row that someone holds: the fastest way where nobody holds any. */
  readonly optimistic: BatchStatement<Outcome>;
  /** A faster `optimistic`, where a batch is a single message. */
  readonly atOnce?: BatchStatement<Outcome> & {
    /** Follows the statement in its message and reads what that has noted. Without parameters. */
    readonly note: string;
  };
  /** Skips the rows that someone holds, and counts them. */
  readonly cautious: BatchStatement<Outcome>;
}

/** Work to be done batch by batch. */
export interface BatchWork<Outcome extends BatchOutcome, AlongWalk extends Walk = Walk> {
  readonly queryRunner: QueryRunner;
  readonly walk: AlongWalk;
  readonly operation: BatchOperation<Outcome>;
  readonly limits: BatchLimits;
}
