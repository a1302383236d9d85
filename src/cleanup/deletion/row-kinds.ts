import type { SqlFragment } from '../../database/sql-statement.js';

/** How many rows are of each kind. */
export type RowKinds = ReadonlyMap<number, number>;

/**
 * Counts the rows of a common table expression by their column `kind`, as a text that {@link rowKindsOf} reads: one row whatever there is, so
 * that it stands beside other counts.
 */
export function kindCounts(expression: string): string {
  return `(
      select pg_catalog.json_object_agg(kind, rows)::pg_catalog.text
      from (select kind, pg_catalog.count(*) as rows from ${expression} group by kind) as counted
    )`;
}

/** Reads what {@link kindCounts} wrote; null of no rows. */
export function rowKindsOf(counts: unknown): RowKinds {
  const read = JSON.parse(typeof counts === 'string' && counts !== '' ? counts : '{}') as Readonly<
    Record<string, number>
  >;
  return new Map(Object.entries(read).map(([kind, rows]) => [Number(kind), rows]));
}

/** All of the rows together. */
export function rowsOfKinds(kinds: RowKinds): number {
  return [...kinds.values()].reduce((sum, rows) => sum + rows, 0);
}

/** What the server knows a transaction's note of kinds by. */
const NOTE = 'tenxyte_maintenance.row_kinds';

/** Reads what {@link notedKinds} noted in the transaction. */
export const READ_NOTED_KINDS = `select pg_catalog.current_setting('${NOTE}', true) as "kinds"`;

/**
 * A condition of a deletion, which holds for every row: it counts the rows that a search finds by their kind, once, and as the deletion sees
 * them, and notes the counts until the transaction ends. So every row is looked at twice, and none comes back, which takes longer.
 */
export function notedKinds(search: SqlFragment, kind: SqlFragment): SqlFragment {
  return (bind) => `(
      with due as (select ${kind(bind)} as kind ${search(bind)})
      select pg_catalog.set_config('${NOTE}', coalesce(${kindCounts('due')}, ''), true)
    ) is not null`;
}

/** A deletion by a condition, which answers the kinds of the rows that are gone. */
export function deletionByKind(deletion: SqlFragment, kind: SqlFragment): SqlFragment {
  return (bind) => `
    with gone as (
      ${deletion(bind)}
      returning ${kind(bind)} as kind
    )
    select ${kindCounts('gone')} as "kinds"`;
}
