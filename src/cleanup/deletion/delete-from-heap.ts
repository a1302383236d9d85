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
 *
 * @param onWalk called before each walk through the heap: what an earlier one left, the next one meets again
 */
export async function* deleteFromHeap(
  context: ConnectionContext & Pick<CleanupContext, 'limits'>,
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  signal: AbortSignal,
  onWalk: () => void = () => undefined,
): AsyncGenerator<BatchOutcome & CommittedBatch, void, undefined> {
  const { limits } = context;
  const options = { queryRunner, operation: deletionOf(rows), limits, signal };
  const spare = spareConnection(context);
  if (rows.attached.some(({ effect, reference }) => effect === 'refuses' && reference?.isWithinTable === true)) {
    for (let [gone, stayed] = [1, 1]; gone > 0 && stayed > 0 && !signal.aborted;) {
      onWalk();
      [gone, stayed] = [0, 0];
      // Rows refer to older ones: the youngest go first, and each walk frees what the rows it took had held.
      for await (const batch of inParallel(
        { ...options, walk: new HeapWalk(rows.heap, { isBackwards: true }) },
        spare,
      )) {
        gone += batch.rows;
        stayed += batch.referenced.size;
        yield batch;
      }
    }
    return;
  }
  onWalk();
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
    onWalk();
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
