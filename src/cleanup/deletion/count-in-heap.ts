import type { QueryRunner } from 'typeorm';
import { chooseWalk, type DueRowsOfHeap } from '../../batches/choose-walk.js';
import type { CommittedBatch } from '../../batches/in-batches.js';
import { expectOne } from '../../database/expect-one.js';
import { type SqlFragment, sqlStatement } from '../../database/sql-statement.js';
import type { DeletionOutcome } from './delete-slice.js';
import { kindCounts, rowKindsOf, rowsOfKinds } from './row-kinds.js';

/** Counting holds no lock: slices are only there for progress and for stopping. */
export const PAGES_PER_COUNT = 16_384;

/**
 * Counts the due rows of one heap with the predicate that the deletion uses, inside the caller's snapshot, until the signal is aborted or
 * there are `enough`.
 */
export async function* countInHeap(
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  { signal, enough = Infinity }: { readonly signal: AbortSignal; readonly enough?: number },
): AsyncGenerator<Pick<DeletionOutcome & CommittedBatch, 'rows' | 'kinds' | 'strategy' | 'fraction'>, void, undefined> {
  const walk = await chooseWalk(queryRunner, rows);
  if (walk.strategy === 'age-index') {
    yield { ...(await countSlice(queryRunner, rows, () => 'true', enough)), strategy: walk.strategy, fraction: 1 };
    return;
  }
  let left = enough;
  while (left > 0) {
    const slice = await walk.nextSlice(queryRunner, PAGES_PER_COUNT);
    if (slice === undefined) {
      return;
    }
    const counted = await countSlice(queryRunner, rows, slice, left);
    walk.advance(counted.rows);
    left -= counted.rows;
    yield { ...counted, strategy: walk.strategy, fraction: walk.fraction };
    if (signal.aborted) {
      return;
    }
  }
}

async function countSlice(
  queryRunner: QueryRunner,
  { heap, due, kind }: DueRowsOfHeap,
  slice: SqlFragment,
  enough: number,
): Promise<Pick<DeletionOutcome, 'rows' | 'kinds'>> {
  const dueRows: SqlFragment = (bind) => `
    from only ${heap.sqlName}
    where ${slice(bind)}
      and ${due(bind)}`;
  if (kind !== undefined && enough === Infinity) {
    const byKind = sqlStatement(
      (bind) => `
        with due as (select ${kind(bind)} as kind ${dueRows(bind)})
        select ${kindCounts('due')} as kinds`,
    );
    const answer = expectOne<{ kinds: unknown }>(await queryRunner.query(byKind.sql, byKind.parameters));
    const kinds = rowKindsOf(answer.kinds);
    return { rows: rowsOfKinds(kinds), kinds };
  }
  const { sql, parameters } = sqlStatement((bind) =>
    Number.isFinite(enough)
      ? `select pg_catalog.count(*) as rows from (select 1 ${dueRows(bind)} limit ${bind(String(enough), 'int8')}) as due`
      : `select pg_catalog.count(*) as rows ${dueRows(bind)}`,
  );
  return { rows: Number(expectOne<{ rows: string }>(await queryRunner.query(sql, parameters)).rows) };
}
