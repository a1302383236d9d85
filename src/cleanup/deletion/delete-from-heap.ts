import type { QueryRunner } from 'typeorm';
import type { TransactionMode } from '../../database/short-transaction.js';
import { inTransaction } from '../../database/short-transaction.js';
import { AdaptiveBatchSize } from './adaptive-batch-size.js';
import { BatchRecovery } from './batch-recovery.js';
import type { DueRowsOfHeap } from './choose-walk.js';
import { chooseWalk } from './choose-walk.js';
import type { SliceOfHeap, SliceOutcome } from './delete-slice.js';
import { deleteSlice, deleteSliceAtOnce, deleteUnlockedSlice } from './delete-slice.js';
import { HeapWalk } from './heap-walk.js';
import { Pace } from './pace.js';
import { TooManyTiesError } from './too-many-ties.error.js';
import type { DeletionStrategy, Walk } from './walk.js';

/** The longest a batch waits for a held row before it starts over, skipping held rows: others may wait for what it holds. */
const ROW_LOCK_WAIT_MS = 50;

/** Limits of a batch, in milliseconds. */
export interface BatchLimits {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly targetBatchMs: number;
}

/** How to look at a table before deleting from it: even its size and its plan wait for a lock. */
export function lookingMode({ lockTimeoutMs, statementTimeoutMs }: BatchLimits): TransactionMode {
  return {
    isolation: 'read committed',
    access: 'read only',
    settings: { lock_timeout: lockTimeoutMs, statement_timeout: statementTimeoutMs },
  };
}

/** A batch that was committed. */
export interface CommittedBatch extends SliceOutcome {
  readonly strategy: DeletionStrategy;
  readonly durationMs: number;
  /** The share of the heap that lies behind, 0 to 1. */
  readonly fraction: number;
}

/**
 * Deletes the due rows of one heap, in short transactions, and gives word of each batch once it is committed. Stop asking and it
 * stops, between two batches.
 */
export async function* deleteFromHeap(
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  limits: BatchLimits,
): AsyncGenerator<CommittedBatch, void, undefined> {
  try {
    const walk = await inTransaction(queryRunner, lookingMode(limits), () => chooseWalk(queryRunner, rows));
    yield* deleteAlong(walk, queryRunner, rows, limits);
  } catch (error) {
    if (!(error instanceof TooManyTiesError)) {
      throw error;
    }
    yield* deleteAlong(new HeapWalk(rows.heap), queryRunner, rows, limits);
  }
}

async function* deleteAlong(
  walk: Walk,
  queryRunner: QueryRunner,
  rows: DueRowsOfHeap,
  limits: BatchLimits,
): AsyncGenerator<CommittedBatch, void, undefined> {
  const size = new AdaptiveBatchSize(walk.batchSize, limits.targetBatchMs);
  const recovery = new BatchRecovery(size);
  const pace = new Pace(queryRunner);
  let lastBatchMs = 0;
  for (;;) {
    await pace.giveWay(lastBatchMs);
    const startedAt = performance.now();
    const outcome = await attemptBatch({ walk, queryRunner, rows, limits, size, recovery });
    if (outcome === 'end') {
      return;
    }
    if (outcome === 'again') {
      continue;
    }
    const durationMs = performance.now() - startedAt;
    lastBatchMs = durationMs;
    walk.advance(outcome.rows);
    size.learn(durationMs);
    recovery.succeeded();
    yield { ...outcome, strategy: walk.strategy, durationMs, fraction: walk.fraction };
  }
}

interface BatchAttempt {
  readonly walk: Walk;
  readonly queryRunner: QueryRunner;
  readonly rows: DueRowsOfHeap;
  readonly limits: BatchLimits;
  readonly size: AdaptiveBatchSize;
  readonly recovery: BatchRecovery;
}

async function attemptBatch(attempt: BatchAttempt): Promise<SliceOutcome | 'end' | 'again'> {
  const { walk, recovery } = attempt;
  try {
    return walk.asksServer || recovery.isCautious ? await deleteStepwise(attempt) : await deleteAtOnce(attempt);
  } catch (error) {
    await recovery.recover(error);
    return 'again';
  }
}

async function deleteStepwise(attempt: BatchAttempt): Promise<SliceOutcome | 'end'> {
  const { queryRunner, recovery } = attempt;
  const deleteRows = recovery.isCautious ? deleteUnlockedSlice : deleteSlice;
  return inTransaction(queryRunner, batchMode(attempt), async () => {
    const slice = await nextSlice(attempt);
    return slice === undefined ? 'end' : deleteRows(queryRunner, slice);
  });
}

async function deleteAtOnce(attempt: BatchAttempt): Promise<SliceOutcome | 'end'> {
  const slice = await nextSlice(attempt);
  return slice === undefined ? 'end' : deleteSliceAtOnce(attempt.queryRunner, batchMode(attempt), slice);
}

async function nextSlice({ walk, queryRunner, size, rows }: BatchAttempt): Promise<SliceOfHeap | undefined> {
  const slice = await walk.nextSlice(queryRunner, size.current);
  return slice === undefined ? undefined : { sqlName: rows.heap.sqlName, slice, due: rows.due };
}

function batchMode({ walk, limits, recovery }: BatchAttempt): TransactionMode {
  return {
    isolation: 'read committed',
    access: 'read write',
    settings: {
      lock_timeout: recovery.isCautious ? limits.lockTimeoutMs : Math.min(ROW_LOCK_WAIT_MS, limits.lockTimeoutMs),
      statement_timeout: limits.statementTimeoutMs,
      ...walk.settings,
    },
  };
}
