import type { QueryRunner } from 'typeorm';
import { TooManyTiesError } from '../../batches/age-index-walk.js';
import type { BatchOutcome } from '../../batches/batch-operation.js';
import { chooseWalk, type DueRowsOfHeap } from '../../batches/choose-walk.js';
import { HeapWalk } from '../../batches/heap-walk.js';
import { type CommittedBatch, inBatches } from '../../batches/in-batches.js';
import { inParallel } from '../../batches/in-parallel.js';
import type { SpareConnection } from '../../batches/second-connection.js';
import { hasPoolCapacity } from '../../database/pool-capacity.js';
import { inTransaction, readOnlyMode } from '../../database/short-transaction.js';
import type { CleanupContext } from '../cleanup-context.js';
import { deletionOf } from './delete-slice.js';

type ConnectionContext = Pick<CleanupContext, 'run' | 'settings' | 'dataSource'>;

/**
 * Deletes the due rows of one heap, in short transactions, and yields each batch once it is committed. It stops by itself, between two
 * batches, and must be read to its end.
 */
export async function* deleteFromHeap(
  context: ConnectionContext & Pick<CleanupContext, 'limits'>,
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  signal: AbortSignal,
): AsyncGenerator<BatchOutcome & CommittedBatch, void, undefined> {
  const { limits } = context;
  const options = { queryRunner, operation: deletionOf(rows), limits, signal };
  const spare = spareConnection(context);
  const walk = await inTransaction(queryRunner, readOnlyMode(limits), () => chooseWalk(queryRunner, rows));
  if (walk instanceof HeapWalk) {
    yield* inParallel({ ...options, walk }, spare);
    return;
  }
  try {
    for await (const batch of inBatches({ ...options, walk })) {
      yield batch;
      if (batch.fraction === 1) {
        return;
      }
    }
  } catch (error) {
    if (!(error instanceof TooManyTiesError)) {
      throw error;
    }
    yield* inParallel({ ...options, walk: new HeapWalk(rows.heap) }, spare);
  }
}

/** For a second connection along a large heap. A pause holds the load down, which a second connection would raise again. */
export function spareConnection({ run, settings, dataSource }: ConnectionContext): SpareConnection {
  const { maxConnections, pauseBetweenBatchesMs } = settings;
  return {
    isFree: () => maxConnections > 1 && pauseBetweenBatchesMs === 0 && hasPoolCapacity(dataSource),
    withQueryRunner: (work) => run.withQueryRunner(work),
  };
}
