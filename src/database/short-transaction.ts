import type { QueryRunner } from 'typeorm';

/** Names and values of settings for one transaction. Names and values come from this package, never from input. */
export type LocalSettings = Readonly<Record<string, string | number>>;

/** What to open a transaction with. */
export interface TransactionMode {
  readonly isolation: 'read committed' | 'repeatable read';
  readonly access: 'read write' | 'read only';
  readonly settings?: LocalSettings;
}

/**
 * Runs `work` in a transaction of its own: opened and configured in one round trip, settings local to it, so that nothing is left
 * on the session and a transaction-pooling PgBouncer may hand the connection on. Rolls back when `work` throws.
 */
export async function inTransaction<Result>(
  queryRunner: QueryRunner,
  mode: TransactionMode,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    await queryRunner.query(beginStatement(mode));
    const result = await work();
    await queryRunner.query('commit');
    return result;
  } catch (error) {
    await rollBackQuietly(queryRunner);
    throw error;
  }
}

function beginStatement({ isolation, access, settings = {} }: TransactionMode): string {
  const local = Object.entries(settings).map(([name, value]) => `set local ${name} = '${value}'`);
  return [`begin isolation level ${isolation} ${access}`, ...local].join('; ');
}

/** A failing rollback means the connection is gone, and with it the transaction; the first error is the one to report. */
async function rollBackQuietly(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query('rollback').catch(() => undefined);
}
