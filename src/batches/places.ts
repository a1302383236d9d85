import type { QueryRunner } from 'typeorm';
import { type SqlFragment, sqlStatement } from '../database/sql-statement.js';

/** Rows of the heap that were found due. */
export interface Places {
  /** An array of `tid`, as PostgreSQL writes it. */
  readonly tids: string;
  readonly count: number;
  /** True when the rows that others were seen to refer to are not among them. */
  readonly isFiltered: boolean;
}

/** No rows. */
export const NO_PLACES: Places = { tids: '{}', count: 0, isFiltered: false };

/** Rows that a statement found. */
export interface FoundRows {
  readonly tids: string | null;
  readonly count: number;
  /** The table that refers to them; null when none does. */
  readonly table?: string | null;
}

/** Sends a statement that finds rows. */
export async function findRows(queryRunner: QueryRunner, statement: SqlFragment): Promise<readonly FoundRows[]> {
  const { sql, parameters } = sqlStatement(statement);
  return queryRunner.query(sql, parameters);
}

/** The places of the rows in the first answer. */
export function placesOf([row]: readonly FoundRows[]): Places {
  return row === undefined || row.tids === null ? NO_PLACES : { tids: row.tids, count: row.count, isFiltered: false };
}

/**
 * The condition that a row stands at one of the places. Not as a literal, of which the planner would count the elements and then rather read the whole table: a sub-query it takes for few.
 *
 * @param alias of the heap, where it has one
 */
export function atPlaces({ tids }: Places, alias?: string): SqlFragment {
  const ctid = alias === undefined ? 'ctid' : `${alias}.ctid`;
  return (bind) => `${ctid} operator(pg_catalog.=) any ((select ${bind(tids, 'tid[]')})::pg_catalog.tid[])`;
}

/** Both halves; of a single row itself. */
export function halves({ tids, count, isFiltered }: Places): Places[] {
  if (count < 2) {
    return [{ tids, count, isFiltered }];
  }
  const all = tids.match(/"[^"]*"/g) ?? [];
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)].map((part) => ({
    tids: `{${part.join(',')}}`,
    count: part.length,
    isFiltered,
  }));
}
