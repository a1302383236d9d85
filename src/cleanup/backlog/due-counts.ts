import type { QueryRunner } from 'typeorm';
import type { DueRowsOfHeap } from '../../batches/choose-walk.js';
import { type Instant, instantSql } from '../../database/instant.js';
import { type SqlFragment, sqlStatement } from '../../database/sql-statement.js';

/** The due rows of a heap, and since when each has been due. */
export interface MeasuredHeap extends DueRowsOfHeap {
  /** Null where a row does not tell. */
  readonly since: SqlFragment;
  /** That a row lies before the cutoff of an age column, for each of those columns by its unescaped name. */
  readonly before: ReadonlyMap<string, SqlFragment>;
}

/** How many rows are due, and since when the oldest is. */
export interface DueCounts {
  readonly dueRows: number;
  /** Null when none is due, or none tells. */
  readonly oldestDueSince: Instant | null;
}

/** No due row at all. */
export const NOTHING_DUE: DueCounts = { dueRows: 0, oldestDueSince: null };

/** Instants are text of one width, which sorts as time does. */
export function earlier(one: Instant | null, other: Instant | null): Instant | null {
  if (one === null || other === null) {
    return one ?? other;
  }
  return one < other ? one : other;
}

/** The counts of two parts of a table together. */
export function sumOf(one: DueCounts, other: DueCounts): DueCounts {
  return {
    dueRows: one.dueRows + other.dueRows,
    oldestDueSince: earlier(one.oldestDueSince, other.oldestDueSince),
  };
}

/** Counts the due rows of a slice. */
export async function countDue(
  queryRunner: QueryRunner,
  { heap, due, since }: MeasuredHeap,
  slice: SqlFragment,
): Promise<DueCounts> {
  const { sql, parameters } = sqlStatement(
    (bind) => `
      select pg_catalog.count(*) as "dueRows",
             ${oldestSql('since')} as "oldestDueSince"
      from (
        select ${since(bind)} as since
        from only ${heap.sqlName}
        where ${slice(bind)}
          and ${due(bind)}
      ) as due`,
  );
  return countsOf(await queryRunner.query(sql, parameters));
}

/**
 * The earliest of some moments as an instant. Those before our era are skipped, `-infinity` among them: no row has been due for that long,
 * and an instant cannot say it.
 */
export function oldestSql(column: string): string {
  const isOfOurEra = `${column} operator(pg_catalog.>=) timestamp with time zone '0001-01-01 00:00:00+00'`;
  return instantSql(`(pg_catalog.min(${column}) filter (where ${isOfOurEra}))`);
}

/** An aggregate over due rows, as the database answers it. */
export interface DueAnswer {
  readonly dueRows: string;
  readonly oldestDueSince: Instant | null;
}

/** Reads the one row of an aggregate. */
export function countsOf([answer]: readonly DueAnswer[]): DueCounts {
  return answer === undefined ? NOTHING_DUE : { ...answer, dueRows: Number(answer.dueRows) };
}
