import type { QueryRunner } from 'typeorm';
import { inTransaction } from '../../database/short-transaction.js';
import type { BatchLimits } from '../../database/walk/batch-limits.js';
import { lookingMode } from '../../database/walk/batch-limits.js';
import type { BatchOutcome } from '../../database/walk/batch-operation.js';
import { HeapWalk } from '../../database/walk/heap-walk.js';
import type { CommittedBatch } from '../../database/walk/in-batches.js';
import { inBatches } from '../../database/walk/in-batches.js';
import type { DueRowsOfHeap } from './choose-walk.js';
import { chooseWalk } from './choose-walk.js';
import { deletionOf } from './delete-slice.js';
import { TooManyTiesError } from './too-many-ties.error.js';

export { lookingMode };

/**
 * Deletes the due rows of one heap, in short transactions, and gives word of each batch once it is committed. Stop asking and it
 * stops, between two batches.
 */
export async function* deleteFromHeap(
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  limits: BatchLimits,
): AsyncGenerator<BatchOutcome & CommittedBatch, void, undefined> {
  const operation = deletionOf(rows);
  try {
    const walk = await inTransaction(queryRunner, lookingMode(limits), () => chooseWalk(queryRunner, rows));
    yield* inBatches({ queryRunner, walk, operation, limits });
  } catch (error) {
    if (!(error instanceof TooManyTiesError)) {
      throw error;
    }
    yield* inBatches({ queryRunner, walk: new HeapWalk(rows.heap), operation, limits });
  }
}
