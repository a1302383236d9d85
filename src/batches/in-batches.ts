import { guarded } from '../database/relation-state.js';
import {
  inOneMessage,
  inTransaction,
  type LocalSettings,
  type StatementAnswer,
} from '../database/short-transaction.js';
import { sqlStatement, sqlText } from '../database/sql-statement.js';
import { ByPlace } from './by-place.js';
import { TableChangedError } from './table-changed.error.js';
import { AdaptiveBatchSize } from './adaptive-batch-size.js';
import { batchMode } from './batch-limits.js';
import type { BatchOutcome, BatchWork } from './batch-operation.js';
import { BatchRetry } from './batch-retry.js';
import { isLeaseOver } from './fence.js';
import { LoadThrottle } from './load-throttle.js';
import type { Walk, WalkStrategy } from './walk.js';

/** Options of {@link inBatches}. */
export interface BatchOptions<Outcome extends BatchOutcome, AlongWalk extends Walk = Walk> extends BatchWork<
  Outcome,
  AlongWalk
> {
  /** Once aborted, no further batch is begun. @default never */
  readonly signal?: AbortSignal;
  /** Gives way to others before each batch. @default a {@link LoadThrottle} of its own */
  readonly throttle?: Pick<LoadThrottle, 'giveWay'>;
}

/** A batch that was committed. */
export interface CommittedBatch {
  readonly strategy: WalkStrategy;
  readonly durationMs: number;
  /** The share of the heap that lies behind, 0 to 1. */
  readonly fraction: number;
  /** True when it skipped the rows that somebody held, as somebody had held one lately. */
  readonly isCautious: boolean;
  /** False while rows of the slice that it belongs to are left. */
  readonly isSliceDone: boolean;
  /** Due rows that stay as others refer to them, by the table that does, such as `app.sessions`. */
  readonly referenced: ReadonlyMap<string, number>;
}

/** Works through a heap in short transactions and yields each batch once it is committed. Stop asking and it stops, between two batches. */
export async function* inBatches<Outcome extends BatchOutcome>(
  options: BatchOptions<Outcome>,
): AsyncGenerator<Outcome & CommittedBatch, void, undefined> {
  const { queryRunner, walk, operation, limits, signal, throttle = new LoadThrottle(queryRunner) } = options;
  const size = new AdaptiveBatchSize(walk.batchSize, limits.targetBatchMs);
  const retry = new BatchRetry(size);
  const byPlace = operation.attached.length > 0 ? new ByPlace(options) : undefined;
  let lastBatchMs = 0;
  let rowsOfSlice = 0;
  while (signal?.aborted !== true) {
    await limits.beforeBatch?.(queryRunner);
    await throttle.giveWay(lastBatchMs);
    const startedAt = performance.now();
    const { isCautious } = retry;
    const outcome = await attemptBatch(options, byPlace, size, retry);
    if (outcome === 'end') {
      return;
    }
    if (outcome === 'again') {
      continue;
    }
    const durationMs = performance.now() - startedAt;
    lastBatchMs = durationMs;
    rowsOfSlice += outcome.rows;
    const isSliceDone = byPlace?.isAmidSlice !== true;
    if (isSliceDone) {
      walk.advance(rowsOfSlice);
      rowsOfSlice = 0;
    }
    size.learn(durationMs - (limits.fixedBatchMs ?? 0));
    retry.succeeded();
    const referenced = byPlace?.takeReferenced() ?? NOT_REFERENCED;
    const { strategy, fraction } = walk;
    yield { ...outcome, strategy, durationMs, fraction, isCautious, isSliceDone, referenced };
  }
}

const NOT_REFERENCED: ReadonlyMap<string, number> = new Map();

async function attemptBatch<Outcome extends BatchOutcome>(
  options: BatchOptions<Outcome>,
  byPlace: ByPlace<Outcome> | undefined,
  size: AdaptiveBatchSize,
  retry: BatchRetry,
): Promise<Outcome | 'end' | 'again'> {
  const { queryRunner, walk, operation, limits } = options;
  try {
    if (byPlace !== undefined) {
      return await byPlace.work(size.current, retry.isCautious);
    }
    return walk.asksServer || retry.isCautious
      ? await workStepwise(options, size.current, retry.isCautious)
      : await workAtOnce(options, size.current);
  } catch (error) {
    if (limits.fence !== undefined && isLeaseOver(error)) {
      await limits.fence.renew(queryRunner);
      return 'again';
    }
    if ((await limits.gate?.reopens(error, queryRunner)) === true) {
      return 'again';
    }
    await retry.recover(await TableChangedError.explain(error, { queryRunner, heap: operation.heap, limits }));
    return 'again';
  }
}

async function workStepwise<Outcome extends BatchOutcome>(
  { queryRunner, walk, operation, limits }: BatchOptions<Outcome>,
  size: number,
  isCautious: boolean,
): Promise<Outcome | 'end'> {
  const { write, outcome } = isCautious ? operation.cautious : operation.optimistic;
  return inTransaction(queryRunner, batchMode(limits, isCautious, settingsOf(walk)), async () => {
    const slice = await walk.nextSlice(queryRunner, size);
    if (slice === undefined) {
      return 'end';
    }
    const { sql, parameters } = sqlStatement(write(guarded(slice, operation.heap)));
    const { records, affected } = await queryRunner.query(sql, parameters, true);
    return outcome({ rows: records as StatementAnswer['rows'], rowCount: affected ?? 0 });
  });
}

/** One whole transaction in a single message: of some 40 ms a batch takes, two round trips are 1.5 ms. */
async function workAtOnce<Outcome extends BatchOutcome>(
  { queryRunner, walk, operation, limits }: BatchOptions<Outcome>,
  size: number,
): Promise<Outcome | 'end'> {
  const slice = await walk.nextSlice(queryRunner, size);
  if (slice === undefined) {
    return 'end';
  }
  const { atOnce, optimistic } = operation;
  const { write, outcome } = atOnce ?? optimistic;
  const sql = sqlText(write(guarded(slice, operation.heap)));
  return outcome(await inOneMessage(queryRunner, batchMode(limits, false, settingsOf(walk)), sql, atOnce?.note));
}

/** Nothing of others runs in the transaction, so that all may be set at its beginning. */
function settingsOf({ settings, commitSettings }: Walk): LocalSettings {
  return { ...settings, ...commitSettings };
}
