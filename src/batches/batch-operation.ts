import type { StatementAnswer } from '../database/short-transaction.js';
import type { SqlFragment } from '../database/sql-statement.js';

/** The outcome of a slice. */
export interface BatchOutcome {
  /** Rows that were changed. */
  readonly rows: number;
  /** Due rows that someone else held, or changed while the statement ran; left to the next run. */
  readonly lockedRows: number;
}

/** One statement that works on a slice, and how to read its answer. */
export interface BatchStatement<Outcome extends BatchOutcome> {
  /** Writes the statement; it carries the slice's condition and the whole condition of what is due. */
  readonly write: (slice: SqlFragment) => SqlFragment;
  readonly outcome: (answer: StatementAnswer) => Outcome;
}

/** The statement for the due rows of each slice, in two ways. */
export interface BatchOperation<Outcome extends BatchOutcome> {
  /** Waits for a row that someone holds: the fastest way where nobody holds any. */
  readonly optimistic: BatchStatement<Outcome>;
  /** Skips the rows that someone holds, and counts them. */
  readonly cautious: BatchStatement<Outcome>;
}
