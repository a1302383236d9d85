import type { DataSource, QueryRunner } from 'typeorm';
import { withQueryRunner } from './maintenance-data-source.js';
import { inTransaction, readOnlyMode, type TimeOuts, type TransactionMode, writingMode } from './short-transaction.js';

/**
 * Time-outs of what takes milliseconds: a look at the catalogs, or at a few rows of this package's own. Whoever locks these must not
 * keep the host's connections waiting.
 */
export const BRIEF: TimeOuts = { lockTimeoutMs: 2_000, statementTimeoutMs: 15_000 };

/** A transaction that reads a few rows. */
export const BRIEF_READING: TransactionMode = readOnlyMode(BRIEF);

/**
 * A transaction that writes a few rows, and is on the disk once it is committed, whatever the session's setting: with it is all that was
 * committed before (PostgreSQL manual, "Asynchronous Commit").
 */
export const BRIEF_WRITING: TransactionMode = writingMode(BRIEF, { synchronous_commit: 'on' });

/** Runs one statement in a transaction of its own; over a connection of its own, too, when it is given a data source. */
export async function briefly<Row>(
  over: DataSource | QueryRunner,
  mode: TransactionMode,
  sql: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const run = (queryRunner: QueryRunner): Promise<Row[]> =>
    inTransaction(queryRunner, mode, () => queryRunner.query(sql, [...parameters]));
  return 'createQueryRunner' in over ? withQueryRunner(over, run) : run(over);
}
