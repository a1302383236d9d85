import type { QueryRunner } from 'typeorm';
import type { LocalSettings, TransactionMode } from '../database/short-transaction.js';

/** The longest a batch waits for a held row before it starts over, skipping held rows: others may wait for what it holds. */
const ROW_LOCK_WAIT_MS = 50;

/** DI token of the limits that every batch keeps to: {@link BatchLimits}, but for what is of one run. */
export const BATCH_LIMITS = Symbol('TENXYTE_MAINTENANCE_BATCH_LIMITS');

/** Limits of a batch, in milliseconds. */
export interface BatchLimits {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly targetBatchMs: number;
  /**
   * Awaited before each attempt at a batch, outside any transaction, such as to renew a lease. What it throws ends the walk and
   * reaches the caller unchanged; what was committed stays. It should write seldom: its writes look like those of others, to whom
   * the walk gives way.
   */
  readonly beforeBatch?: (queryRunner: QueryRunner) => Promise<void>;
}

/** How to look at a table before changing it: even its size and its plan wait for a lock. */
export function readOnlyMode({
  lockTimeoutMs,
  statementTimeoutMs,
}: Pick<BatchLimits, 'lockTimeoutMs' | 'statementTimeoutMs'>): TransactionMode {
  return {
    isolation: 'read committed',
    access: 'read only',
    settings: { lock_timeout: lockTimeoutMs, statement_timeout: statementTimeoutMs },
  };
}

/** How to open a batch's transaction, with the settings of its walk. */
export function batchMode(
  { lockTimeoutMs, statementTimeoutMs }: BatchLimits,
  isCautious: boolean,
  walkSettings: LocalSettings,
): TransactionMode {
  return {
    isolation: 'read committed',
    access: 'read write',
    settings: {
      lock_timeout: isCautious ? lockTimeoutMs : Math.min(ROW_LOCK_WAIT_MS, lockTimeoutMs),
      statement_timeout: statementTimeoutMs,
      ...walkSettings,
    },
  };
}
