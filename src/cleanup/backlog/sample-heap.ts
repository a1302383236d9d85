import type { QueryRunner } from 'typeorm';
import { sqlStatement } from '../../database/sql-statement.js';
import { type DueCounts, countsOf, type MeasuredHeap, oldestSql } from './due-counts.js';

/** Which pages of a heap to look at. */
export interface HeapSample {
  /** The share of the pages, above 0, below 1. */
  readonly share: number;
  /** Picks the pages: the same ones each time, so that the counts move when the table does and not by chance. */
  readonly seed: number;
}

/** Counts the due rows on a sample of a heap's pages and scales them up. */
export async function sampleHeap(
  queryRunner: QueryRunner,
  { heap, due, since }: MeasuredHeap,
  { share, seed }: HeapSample,
): Promise<DueCounts> {
  const { sql, parameters } = sqlStatement(
    (bind) => `
      select pg_catalog.count(*) as "dueRows",
             ${oldestSql('since')} as "oldestDueSince"
      from (
        select ${since(bind)} as since
        from only ${heap.sqlName} tablesample pg_catalog.system (${100 * share}) repeatable (${seed})
        where ${due(bind)}
      ) as due`,
  );
  const { dueRows, oldestDueSince } = countsOf(await queryRunner.query(sql, parameters));
  return { dueRows: Math.round(dueRows / share), oldestDueSince };
}
