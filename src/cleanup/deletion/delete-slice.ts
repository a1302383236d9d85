import type { QueryRunner } from 'typeorm';
import type { SqlFragment } from '../../database/sql-statement.js';
import { sqlStatement, sqlText } from '../../database/sql-statement.js';
import type { TransactionMode } from '../../database/short-transaction.js';
import { inOneMessage } from '../../database/short-transaction.js';

/** A stretch of a heap and what is due in it. */
export interface SliceOfHeap {
  /** The heap, escaped for SQL. */
  readonly sqlName: string;
  readonly slice: SqlFragment;
  /** The target's whole predicate. */
  readonly due: SqlFragment;
}

/** What became of a slice. */
export interface SliceOutcome {
  readonly rows: number;
  /** Due rows that someone else held, or changed while the statement ran; left to the next run. */
  readonly lockedRows: number;
}

/** Deletes the due rows of a slice, waiting for a row that someone holds. The fastest way where nobody holds any. */
export async function deleteSlice(queryRunner: QueryRunner, slice: SliceOfHeap): Promise<SliceOutcome> {
  const { sql, parameters } = sqlStatement(deletion(slice));
  const { affected } = await queryRunner.query(sql, parameters, true);
  return { rows: affected ?? 0, lockedRows: 0 };
}

/** The same, as one whole transaction in a single message: of some 40 ms a batch takes, two round trips are 1.5 ms. */
export async function deleteSliceAtOnce(
  queryRunner: QueryRunner,
  mode: TransactionMode,
  slice: SliceOfHeap,
): Promise<SliceOutcome> {
  return { rows: await inOneMessage(queryRunner, mode, sqlText(deletion(slice))), lockedRows: 0 };
}

function deletion({ sqlName, slice, due }: SliceOfHeap): SqlFragment {
  return (bind) => `
    delete from only ${sqlName}
    where ${slice(bind)}
      and ${due(bind)}`;
}

/**
 * Deletes the due rows of a slice that nobody holds, and counts the others. The rows are locked first, which skips held ones but
 * costs some three times as much as {@link deleteSlice}.
 */
export async function deleteUnlockedSlice(
  queryRunner: QueryRunner,
  { sqlName, slice, due }: SliceOfHeap,
): Promise<SliceOutcome> {
  const { sql, parameters } = sqlStatement(
    (bind) => `
      with due as materialized (
        select 1
        from only ${sqlName}
        where ${slice(bind)}
          and ${due(bind)}
      ), taken (place) as materialized (
        select ctid
        from only ${sqlName}
        where ${slice(bind)}
          and ${due(bind)}
        for update skip locked
      ), gone as (
        delete from only ${sqlName} as heap
        using taken
        where heap.ctid = taken.place
          and ${due(bind)}
        returning 1
      )
      select (select count(*) from due) as due,
             (select count(*) from gone) as gone`,
  );
  const [counts]: { due: string; gone: string }[] = await queryRunner.query(sql, parameters);
  const rows = Number(counts?.gone ?? 0);
  return { rows, lockedRows: Number(counts?.due ?? 0) - rows };
}
