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
  const read = JSON.parse(typeof counts === 'string' ? counts : '{}') as Readonly<Record<string, number>>;
  return new Map(Object.entries(read).map(([kind, rows]) => [Number(kind), rows]));
}

/** All of the rows together. */
export function rowsOfKinds(kinds: RowKinds): number {
  return [...kinds.values()].reduce((sum, rows) => sum + rows, 0);
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
