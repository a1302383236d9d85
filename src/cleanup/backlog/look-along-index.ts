import type { QueryRunner } from 'typeorm';
import { findLeadingIndexes } from '../../batches/leading-indexes.js';
import { type SqlFragment, sqlStatement } from '../../database/sql-statement.js';
import { type DueAnswer, type DueCounts, countsOf, type MeasuredHeap, oldestSql } from './due-counts.js';

/** Whatever the statistics say, the look follows the index, and so reads no more rows than it may. */
export const LOOK_SETTINGS = { enable_seqscan: 'off', enable_bitmapscan: 'off', enable_sort: 'off' };

/** The due rows that were seen from the old end of an index. */
export interface IndexLook extends DueCounts {
  /** True when the look came to the end of what can be due, so that the counts are exact. */
  readonly isWhole: boolean;
}

/**
 * Looks at no more than `limit` rows from the old end of an index on an age column: every due row is among them, or they are the oldest.
 * Undefined when there is no such index. To be called in a transaction with the {@link LOOK_SETTINGS}.
 */
export async function lookAlongIndex(
  queryRunner: QueryRunner,
  measured: MeasuredHeap,
  limit: number,
): Promise<IndexLook | undefined> {
  if (measured.ageColumns.length === 0) {
    return undefined;
  }
  const indexes = await findLeadingIndexes(queryRunner, measured.heap, measured.ageColumns);
  const [column] = indexes.values();
  const before = measured.before.get(column ?? '');
  if (column === undefined || before === undefined) {
    return undefined;
  }
  const { sql, parameters } = sqlStatement(look(measured, { column, before, limit }));
  const [answer]: (DueAnswer & { seen: string })[] = await queryRunner.query(sql, parameters);
  const { dueRows, oldestDueSince } = countsOf(answer === undefined ? [] : [answer]);
  return { dueRows, oldestDueSince, isWhole: Number(answer?.seen) < limit };
}

function look(
  { heap, due, since, escape }: MeasuredHeap,
  { column, before, limit }: { column: string; before: SqlFragment; limit: number },
): SqlFragment {
  return (bind) => `
    select pg_catalog.count(*) filter (where "isDue") as "dueRows",
           ${oldestSql('since')} as "oldestDueSince",
           pg_catalog.count(*) as seen
    from (
      select ${due(bind)} as "isDue",
             case when ${due(bind)} then ${since(bind)} end as since
      from only ${heap.sqlName}
      where ${before(bind)}
      order by ${escape(column)}
      limit ${bind(String(limit), 'int8')}
    ) as oldest`;
}
