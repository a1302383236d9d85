import type { QueryRunner } from 'typeorm';
import type { DueRowsOfHeap } from '../../batches/choose-walk.js';
import { HeapWalk } from '../../batches/heap-walk.js';
import { expectOne } from '../../database/expect-one.js';
import { sqlStatement } from '../../database/sql-statement.js';
import type { CleanupContext } from '../cleanup-context.js';
import { countInHeap, PAGES_PER_COUNT } from '../deletion/count-in-heap.js';
import type { TargetLoss } from './brake.js';

type CountContext = Pick<CleanupContext, 'brakes' | 'run' | 'budget'>;

/**
 * Counts what a deletion would take, inside the caller's snapshot and with the deletion's own predicate. With a brake on rows alone it
 * counts no further than to one row above the limit; a brake on the share needs every row of the table. Of a run that has to stop no
 * further slice is counted, and the counts are short of the truth.
 */
export async function countLoss(
  context: CountContext,
  queryRunner: QueryRunner,
  heaps: readonly DueRowsOfHeap[],
): Promise<TargetLoss> {
  return context.brakes.maxFractionPerTarget > 0
    ? countShare(context, queryRunner, heaps)
    : countUpToLimit(context, queryRunner, heaps);
}

async function countUpToLimit(
  { brakes, run, budget }: CountContext,
  queryRunner: QueryRunner,
  heaps: readonly DueRowsOfHeap[],
): Promise<TargetLoss> {
  let rows = 0;
  for (const heap of heaps) {
    const enough = brakes.maxRowsPerTarget + 1 - rows;
    for await (const slice of countInHeap(queryRunner, heap, { signal: run.signal, enough })) {
      rows += slice.rows;
      budget.check();
    }
    if (rows > brakes.maxRowsPerTarget || run.signal.aborted) {
      break;
    }
  }
  return { rows, total: null };
}

async function countShare(
  { run, budget }: CountContext,
  queryRunner: QueryRunner,
  heaps: readonly DueRowsOfHeap[],
): Promise<TargetLoss> {
  let rows = 0;
  let total = 0;
  for (const heap of heaps) {
    const walk = new HeapWalk(heap.heap);
    for (
      let slice;
      (slice = await walk.nextSlice(queryRunner, PAGES_PER_COUNT)) !== undefined && !run.signal.aborted;
    ) {
      const counted = await countSlice(queryRunner, heap, slice);
      rows += counted.due;
      total += counted.total;
      walk.advance();
      budget.check();
    }
  }
  return { rows, total };
}

async function countSlice(
  queryRunner: QueryRunner,
  { heap, due }: DueRowsOfHeap,
  slice: DueRowsOfHeap['due'],
): Promise<{ due: number; total: number }> {
  const { sql, parameters } = sqlStatement(
    (bind) => `
      select pg_catalog.count(*) filter (where ${due(bind)}) as due,
             pg_catalog.count(*) as total
      from only ${heap.sqlName}
      where ${slice(bind)}`,
  );
  const { due: dueRows, total } = expectOne<{ due: string; total: string }>(await queryRunner.query(sql, parameters));
  return { due: Number(dueRows), total: Number(total) };
}
