import type { QueryRunner } from 'typeorm';
import { TooManyTiesError } from '../../batches/age-index-walk.js';
import { chooseWalk, type DueRowsOfHeap } from '../../batches/choose-walk.js';
import { HeapWalk } from '../../batches/heap-walk.js';
import { type BatchOptions, type CommittedBatch, inBatches } from '../../batches/in-batches.js';
import { inParallel } from '../../batches/in-parallel.js';
import type { SpareConnection } from '../../batches/second-connection.js';
import { TableChangedError } from '../../batches/table-changed.error.js';
import { hasPoolCapacity } from '../../database/pool-capacity.js';
import type { Heap } from '../../database/stored-table.js';
import { inTransaction, readOnlyMode } from '../../database/short-transaction.js';
import type { CleanupContext } from '../cleanup-context.js';
import { type DeletionOutcome, deletionOf } from './delete-slice.js';

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
): AsyncGenerator<DeletionOutcome & CommittedBatch, void, undefined> {
  const { limits } = context;
  const options = { queryRunner, operation: deletionOf(rows), limits, signal };
  const spare = spareConnection(context);
  if (rows.attached.some(({ effect, reference }) => effect === 'refuses' && reference?.isWithinTable === true)) {
    yield* inPasses(options, rows.heap, spare, onWalk);
    return;
  }
  onWalk();
  const walk = await inTransaction(queryRunner, readOnlyMode(limits), () => chooseWalk(queryRunner, rows)).catch(
    async (error: unknown) => {
      throw await TableChangedError.explain(error, { queryRunner, heap: rows.heap, limits });
    },
  );
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

/**
 * Goes through a heap whose rows refer to one another. They refer to older ones as a rule: the youngest go first, and the heap is gone through
 * again as long as that frees rows which the ones that went had held.
 */
async function* inPasses(
  options: Omit<BatchOptions<DeletionOutcome>, 'walk'> & { readonly signal: AbortSignal },
  heap: Heap,
  spare: SpareConnection,
  onWalk: () => void,
): AsyncGenerator<DeletionOutcome & CommittedBatch, void, undefined> {
  for (let isWorthwhile = true; isWorthwhile && !options.signal.aborted;) {
    onWalk();
    let [gone, stayed] = [0, 0];
    for await (const batch of inParallel({ ...options, walk: new HeapWalk(heap, { isBackwards: true }) }, spare)) {
      gone += batch.rows;
      stayed += batch.referenced.size;
      yield batch;
    }
    isWorthwhile = gone > 0 && stayed > 0;
  }
}

/** For a second connection along a large heap. A pause holds the load down, which a second connection would raise again. */
export function spareConnection({ run, settings, dataSource }: ConnectionContext): SpareConnection {
  const { maxConnections, pauseBetweenBatchesMs } = settings;
  return {
    isFree: () => maxConnections > 1 && pauseBetweenBatchesMs === 0 && hasPoolCapacity(dataSource),
    withQueryRunner: (work) => run.withSpareQueryRunner(work),
  };
}
