import type { QueryRunner } from 'typeorm';
import type { BatchGate } from './batch-gate.js';
import type { Fence } from './fence.js';
import { type LocalSettings, type TimeOuts, type TransactionMode, writingMode } from '../database/short-transaction.js';

/** The longest a batch waits for a held row before it starts over, skipping held rows: others may wait for what it holds. */
const ROW_LOCK_WAIT_MS = 50;

/** DI token of the limits that every batch keeps to: {@link BatchLimits}, but for what is of one run. */
export const BATCH_LIMITS = Symbol('TENXYTE_MAINTENANCE_BATCH_LIMITS');

/** Limits of a batch. */
export interface BatchLimits extends TimeOuts {
  /** Milliseconds a batch is sized to take. */
  readonly targetBatchMs: number;
  /** Milliseconds that each batch takes beside that, whatever its size: to make it smaller would win nothing. @default 0 */
  readonly fixedBatchMs?: number;
  /**
   * Awaited before each attempt at a batch, outside any transaction, such as to renew a lease. An error it throws ends the walk and
   * reaches the caller unchanged; committed batches stay. It should write seldom: its writes look like those of others, to whom
   * the walk gives way.
   */
  readonly beforeBatch?: (queryRunner: QueryRunner) => Promise<void>;
  /** Keeps the run from being taken for lost while a batch is in flight. @default nothing does */
  readonly fence?: Fence | undefined;
  /** Stands between the fence and the opening. @default none */
  readonly gate?: BatchGate | undefined;
  /** Statements without parameters that the transaction of each batch begins with. @default none */
  readonly opening?: readonly string[];
}

/** How to open a batch's transaction, with the settings of its walk. */
export function batchMode(limits: BatchLimits, isCautious: boolean, walkSettings: LocalSettings): TransactionMode {
  const { lockTimeoutMs, statementTimeoutMs, fence, gate, opening = [] } = limits;
  const rowLockTimeoutMs = isCautious ? lockTimeoutMs : Math.min(ROW_LOCK_WAIT_MS, lockTimeoutMs);
  return {
    ...writingMode({ lockTimeoutMs: rowLockTimeoutMs, statementTimeoutMs }, walkSettings),
    opening: [...(fence === undefined ? [] : [fence.statement]), ...(gate?.statements ?? []), ...opening],
  };
}
