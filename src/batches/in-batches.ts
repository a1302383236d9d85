import type { QueryRunner } from 'typeorm';
import {
  inOneMessage,
  inTransaction,
  type StatementAnswer,
  type TransactionMode,
} from '../database/short-transaction.js';
import { type SqlFragment, sqlStatement, sqlText } from '../database/sql-statement.js';
import { AdaptiveBatchSize } from './adaptive-batch-size.js';
import { type BatchLimits, batchMode } from './batch-limits.js';
import type { BatchOperation, BatchOutcome, BatchStatement } from './batch-operation.js';
import { BatchRetry } from './batch-retry.js';
import { LoadThrottle } from './load-throttle.js';
import type { Walk, WalkStrategy } from './walk.js';

/** What to do along which walk. */
export interface BatchWork<Outcome extends BatchOutcome> {
  readonly queryRunner: QueryRunner;
  readonly walk: Walk;
  readonly operation: BatchOperation<Outcome>;
  readonly limits: BatchLimits;
  /** Gives way to others before each batch. @default a {@link LoadThrottle} of its own */
  readonly pace?: Pick<LoadThrottle, 'giveWay'>;
}

/** A batch that was committed. */
export interface CommittedBatch {
  readonly strategy: WalkStrategy;
  readonly durationMs: number;
  /** The share of the heap that lies behind, 0 to 1. */
  readonly fraction: number;
  /** True when it skipped the rows that somebody held, as somebody had held one lately. */
  readonly isCautious: boolean;
}

/**
 * Works through a heap in short transactions, and gives word of each batch once it is committed. Stop asking and it stops, between
 * two batches.
 */
export async function* inBatches<Outcome extends BatchOutcome>(
  work: BatchWork<Outcome>,
): AsyncGenerator<Outcome & CommittedBatch, void, undefined> {
  const { queryRunner, walk, limits, pace = new LoadThrottle(queryRunner) } = work;
  const size = new AdaptiveBatchSize(walk.batchSize, limits.targetBatchMs);
  const recovery = new BatchRetry(size);
  let lastBatchMs = 0;
  for (;;) {
    await limits.beforeBatch?.(queryRunner);
    await pace.giveWay(lastBatchMs);
    const startedAt = performance.now();
    const { isCautious } = recovery;
    const outcome = await attemptBatch({ ...work, size, recovery });
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
    yield { ...outcome, strategy: walk.strategy, durationMs, fraction: walk.fraction, isCautious };
  }
}

interface BatchAttempt<Outcome extends BatchOutcome> extends BatchWork<Outcome> {
  readonly size: AdaptiveBatchSize;
  readonly recovery: BatchRetry;
}

async function attemptBatch<Outcome extends BatchOutcome>(
  attempt: BatchAttempt<Outcome>,
): Promise<Outcome | 'end' | 'again'> {
  const { walk, recovery } = attempt;
  try {
    return walk.asksServer || recovery.isCautious ? await workStepwise(attempt) : await workAtOnce(attempt);
  } catch (error) {
    await recovery.recover(error);
    return 'again';
  }
}

async function workStepwise<Outcome extends BatchOutcome>(attempt: BatchAttempt<Outcome>): Promise<Outcome | 'end'> {
  const { queryRunner, walk, size, operation, recovery } = attempt;
  const statement = recovery.isCautious ? operation.cautious : operation.optimistic;
  return inTransaction(queryRunner, modeOf(attempt), async () => {
    const slice = await walk.nextSlice(queryRunner, size.current);
    return slice === undefined ? 'end' : runStatement(queryRunner, statement, slice);
  });
}

/** One whole transaction in a single message: of some 40 ms a batch takes, two round trips are 1.5 ms. */
async function workAtOnce<Outcome extends BatchOutcome>(attempt: BatchAttempt<Outcome>): Promise<Outcome | 'end'> {
  const { queryRunner, walk, size, operation } = attempt;
  const slice = await walk.nextSlice(queryRunner, size.current);
  if (slice === undefined) {
    return 'end';
  }
  const { write, outcome } = operation.optimistic;
  return outcome(await inOneMessage(queryRunner, modeOf(attempt), sqlText(write(slice))));
}

async function runStatement<Outcome extends BatchOutcome>(
  queryRunner: QueryRunner,
  { write, outcome }: BatchStatement<Outcome>,
  slice: SqlFragment,
): Promise<Outcome> {
  const { sql, parameters } = sqlStatement(write(slice));
  const { records, affected } = await queryRunner.query(sql, parameters, true);
  return outcome({ rows: records as StatementAnswer['rows'], rowCount: affected ?? 0 });
}

function modeOf({ limits, recovery, walk }: BatchAttempt<BatchOutcome>): TransactionMode {
  return batchMode(limits, recovery.isCautious, walk.settings);
}
