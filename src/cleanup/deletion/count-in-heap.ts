import type { QueryRunner } from 'typeorm';
import { chooseWalk, type DueRowsOfHeap } from '../../batches/choose-walk.js';
import { expectOne } from '../../database/expect-one.js';
import { type SqlFragment, sqlStatement } from '../../database/sql-statement.js';
import type { DeletionStrategy } from '../cleanup-report.js';

/** Counting holds no lock: slices are only there for progress and for stopping. */
export const PAGES_PER_COUNT = 16_384;

/** A counted stretch of a heap. */
export interface CountedSlice {
  readonly rows: number;
  readonly strategy: DeletionStrategy;
  /** The share of the heap that lies behind, 0 to 1. */
  readonly fraction: number;
}

/**
 * Counts the due rows of one heap with the predicate that the deletion uses, inside the caller's snapshot, until the signal is aborted or there
 * are `enough`.
 */
export async function* countInHeap(
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  { signal, enough = Infinity }: { readonly signal: AbortSignal; readonly enough?: number },
): AsyncGenerator<CountedSlice, void, undefined> {
  const walk = await chooseWalk(queryRunner, rows);
  if (walk.strategy === 'age-index') {
    const slice = { ...rows, slice: () => 'true', enough };
    yield { rows: await countSlice(queryRunner, slice), strategy: walk.strategy, fraction: 1 };
    return;
  }
  let left = enough;
  while (left > 0) {
    const slice = await walk.nextSlice(queryRunner, PAGES_PER_COUNT);
    if (slice === undefined) {
      return;
    }
    const counted = await countSlice(queryRunner, { ...rows, slice, enough: left });
    walk.advance(counted);
    left -= counted;
    yield { rows: counted, strategy: walk.strategy, fraction: walk.fraction };
    if (signal.aborted) {
      return;
    }
  }
}

interface CountableSlice extends DueRowsOfHeap {
  readonly slice: SqlFragment;
  readonly enough: number;
}

async function countSlice(queryRunner: QueryRunner, slice: CountableSlice): Promise<number> {
  const { sql, parameters } = sqlStatement(Number.isFinite(slice.enough) ? limitedCount(slice) : wholeCount(slice));
  return Number(expectOne<{ rows: string }>(await queryRunner.query(sql, parameters)).rows);
}

function wholeCount({ heap, due, slice }: CountableSlice): SqlFragment {
  return (bind) => `
    select count(*) as rows
    from only ${heap.sqlName}
    where ${slice(bind)}
      and ${due(bind)}`;
}

function limitedCount({ heap, due, slice, enough }: CountableSlice): SqlFragment {
  return (bind) => `
    select count(*) as rows
    from (
      select 1
      from only ${heap.sqlName}
      where ${slice(bind)}
        and ${due(bind)}
      limit ${bind(String(enough), 'bigint')}
    ) as due`;
}
