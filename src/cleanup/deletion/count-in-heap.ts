import type { QueryRunner } from 'typeorm';
import type { SqlFragment } from '../../database/sql-statement.js';
import { sqlStatement } from '../../database/sql-statement.js';
import type { DueRowsOfHeap } from './choose-walk.js';
import { chooseWalk } from './choose-walk.js';
import type { Walk } from '../../database/walk/walk.js';
import type { DeletionStrategy } from './walk.js';

/** Counting holds no lock: slices are only there for progress and for stopping. */
const PAGES_PER_COUNT = 16_384;

/** A counted stretch of a heap. */
export interface CountedSlice {
  readonly rows: number;
  readonly strategy: DeletionStrategy;
  /** The share of the heap that lies behind, 0 to 1. */
  readonly fraction: number;
}

/** Counts the due rows of one heap with the predicate that the deletion uses, inside the caller's snapshot. */
export async function* countInHeap(
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  isStopping: () => boolean,
): AsyncGenerator<CountedSlice, void, undefined> {
  const walk = await chooseWalk(queryRunner, rows);
  if (walk.strategy === 'age-index') {
    yield { rows: await countSlice(queryRunner, rows, () => 'true'), strategy: walk.strategy, fraction: 1 };
    return;
  }
  for await (const slice of countAlong(walk, queryRunner, rows)) {
    yield slice;
    if (isStopping()) {
      return;
    }
  }
}

async function* countAlong(
  walk: Walk,
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
): AsyncGenerator<CountedSlice, void, undefined> {
  for (;;) {
    const slice = await walk.nextSlice(queryRunner, PAGES_PER_COUNT);
    if (slice === undefined) {
      return;
    }
    const counted = await countSlice(queryRunner, rows, slice);
    walk.advance(counted);
    yield { rows: counted, strategy: walk.strategy, fraction: walk.fraction };
  }
}

async function countSlice(queryRunner: QueryRunner, { heap, due }: DueRowsOfHeap, slice: SqlFragment): Promise<number> {
  const { sql, parameters } = sqlStatement(
    (bind) => `
      select count(*) as rows
      from only ${heap.sqlName}
      where ${slice(bind)}
        and ${due(bind)}`,
  );
  const [counted]: { rows: string }[] = await queryRunner.query(sql, parameters);
  return Number(counted?.rows ?? 0);
}
