import type { SqlFragment } from '../database/sql-statement.js';

interface DueSlice {
  /** The heap, escaped for SQL. */
  readonly sqlName: string;
  readonly slice: SqlFragment;
  /** The whole condition of what is due. */
  readonly due: SqlFragment;
}

/**
 * Two common table expressions: `due`, a row for each due row of the slice, and `taken (tenxyte_place)`, the places of those that nobody holds,
 * now locked. Locking first skips held rows, but costs some three times as much as writing at once.
 */
export function unlockedRows({ sqlName, slice, due }: DueSlice): SqlFragment {
  return (bind) => `
    due as materialized (
      select 1
      from only ${sqlName}
      where ${slice(bind)}
        and ${due(bind)}
    ), taken (tenxyte_place) as materialized (
      select ctid
      from only ${sqlName}
      where ${slice(bind)}
        and ${due(bind)}
      for update skip locked
    )`;
}

/** The counts of both, as `due` and `taken`, for the answer of a statement that begins with {@link unlockedRows}. */
export const UNLOCKED_COUNTS =
  '(select pg_catalog.count(*) from due) as "due", (select pg_catalog.count(*) from taken) as "taken"';

/** What {@link UNLOCKED_COUNTS} say of the rows that were not written: held by others, or kept by a trigger although nobody held them. */
export function unwrittenRows(
  { due, taken }: Readonly<Record<string, unknown>>,
  written: number,
): { readonly lockedRows: number; readonly keptRows: number } {
  return { lockedRows: Number(due) - Number(taken), keptRows: Number(taken) - written };
}
