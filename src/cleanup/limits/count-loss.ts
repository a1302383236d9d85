import type { QueryRunner } from 'typeorm';
import type { DueRowsOfHeap } from '../../batches/choose-walk.js';
import { HeapWalk } from '../../batches/heap-walk.js';
import { expectOne } from '../../database/expect-one.js';
import { sqlStatement } from '../../database/sql-statement.js';
import { countInHeap, PAGES_PER_COUNT } from '../deletion/count-in-heap.js';
import type { BrakeLimits, TargetLoss } from './brake.js';

/** What to count, and how far. */
export interface LossCount {
  readonly queryRunner: QueryRunner;
  readonly heaps: readonly DueRowsOfHeap[];
  readonly limits: BrakeLimits;
  /** Once true, no further slice is counted, and the figures are short of the truth. */
  readonly isStopping: () => boolean;
}

/**
 * Counts what a deletion would take, inside the caller's snapshot and with the deletion's own predicate. With a brake on rows alone it counts
 * no further than to one row above the limit; a brake on the share needs every row of the table.
 */
export async function countLoss(count: LossCount): Promise<TargetLoss> {
  return count.limits.maxFractionPerTarget > 0 ? countShare(count) : countUpToLimit(count);
}

async function countUpToLimit({ queryRunner, heaps, limits, isStopping }: LossCount): Promise<TargetLoss> {
  let rows = 0;
  for (const heap of heaps) {
    const enough = limits.maxRowsPerTarget + 1 - rows;
    for await (const slice of countInHeap(queryRunner, heap, { isStopping, enough })) {
      rows += slice.rows;
    }
    if (rows > limits.maxRowsPerTarget || isStopping()) {
      break;
    }
  }
  return { rows, total: null };
}

async function countShare({ queryRunner, heaps, isStopping }: LossCount): Promise<TargetLoss> {
  let rows = 0;
  let total = 0;
  for (const heap of heaps) {
    const walk = new HeapWalk(heap.heap);
    for (let slice; (slice = await walk.nextSlice(queryRunner, PAGES_PER_COUNT)) !== undefined && !isStopping();) {
      const counted = await countSlice(queryRunner, heap, slice);
      rows += counted.due;
      total += counted.total;
      walk.advance();
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
      select count(*) filter (where ${due(bind)}) as due,
             count(*) as total
      from only ${heap.sqlName}
      where ${slice(bind)}`,
  );
  const { due: dueRows, total } = expectOne<{ due: string; total: string }>(await queryRunner.query(sql, parameters));
  return { due: Number(dueRows), total: Number(total) };
}
