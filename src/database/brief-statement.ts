import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { withQueryRunner } from './maintenance-data-source.js';
import { inOneMessage, readOnlyMode, type TimeOuts, type TransactionMode, writingMode } from './short-transaction.js';

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

/** What a parameter of a brief statement may be. */
export type BriefValue = string | number | boolean | Date | null;

/**
 * Runs one statement in a transaction of its own; over a connection of its own, too, when it is given a data source. It is a single message
 * to the server: whoever falls silent or stands still right after it leaves nothing locked that others wait for.
 *
 * @param parameters of `$1`, `$2` and so on, each of which is cast to its type where it first stands
 */
export async function briefly<Row>(
  over: DataSource | QueryRunner,
  mode: TransactionMode,
  sql: string,
  parameters: readonly BriefValue[],
): Promise<Row[]> {
  const run = async (queryRunner: QueryRunner): Promise<Row[]> =>
    [...(await inOneMessage(queryRunner, mode, withLiterals(sql, parameters))).rows] as Row[];
  return 'createQueryRunner' in over ? withQueryRunner(over, run) : run(over);
}

/** A message that holds several statements takes no parameters. */
function withLiterals(sql: string, parameters: readonly BriefValue[]): string {
  return sql.replaceAll(/\$(\d+)/g, (_, number: string) => literal(parameters[Number(number) - 1]));
}

function literal(value: BriefValue | undefined): string {
  if (value === undefined) {
    throw new TypeError('a parameter of the statement is missing');
  }
  if (value === null) {
    return 'null';
  }
  return pg.escapeLiteral(value instanceof Date ? value.toISOString() : String(value));
}
