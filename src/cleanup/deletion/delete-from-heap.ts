import type { QueryRunner } from 'typeorm';
import { TooManyTiesError } from '../../batches/age-index-walk.js';
import type { BatchLimits } from '../../batches/batch-limits.js';
import type { BatchOutcome } from '../../batches/batch-operation.js';
import { chooseWalk, type DueRowsOfHeap } from '../../batches/choose-walk.js';
import { HeapWalk } from '../../batches/heap-walk.js';
import { type CommittedBatch, inBatches } from '../../batches/in-batches.js';
import { inParallel } from '../../batches/in-parallel.js';
import type { SpareConnection } from '../../batches/second-connection.js';
import type { Walk } from '../../batches/walk.js';
import { inTransaction, readOnlyMode } from '../../database/short-transaction.js';
import { deletionOf } from './delete-slice.js';

/** How a deletion goes about it. */
export interface DeletionConduct {
  readonly limits: BatchLimits;
  /** For a second connection along a large heap. */
  readonly companion: SpareConnection;
  /** Once true, no further batch is begun. */
  readonly isStopping: () => boolean;
}

type DeletedBatches = AsyncGenerator<BatchOutcome & CommittedBatch, void, undefined>;

/**
 * Deletes the due rows of one heap, in short transactions, and gives word of each batch once it is committed. It stops by itself, between
 * two batches, and must be read to its end.
 */
export async function* deleteFromHeap(
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  conduct: DeletionConduct,
): DeletedBatches {
  try {
    const { limits } = conduct;
    const walk = await inTransaction(queryRunner, readOnlyMode(limits), () => chooseWalk(queryRunner, rows));
    yield* deleteAlong(walk, queryRunner, rows, conduct);
  } catch (error) {
    if (!(error instanceof TooManyTiesError)) {
      throw error;
    }
    yield* deleteAlong(new HeapWalk(rows.heap), queryRunner, rows, conduct);
  }
}

async function* deleteAlong(
  walk: Walk,
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  { limits, companion, isStopping }: DeletionConduct,
): DeletedBatches {
  const operation = deletionOf(rows);
  if (walk instanceof HeapWalk) {
    yield* inParallel({ queryRunner, walk, operation, limits, connection: companion, isStopping });
    return;
  }
  for await (const batch of inBatches({ queryRunner, walk, operation, limits })) {
    yield batch;
    if (batch.fraction === 1 || isStopping()) {
      return;
    }
  }
}
