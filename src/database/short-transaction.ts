import type { QueryRunner } from 'typeorm';
import { ReadOnlyDatabaseError } from '../errors/read-only-database.error.js';
import { isConnectionLost, SQL_STATE, sqlState } from './sql-state.js';
import { watchOf, whileAnswering } from './watched-connection.js';
import { type SqlFragment, sqlStatement } from './sql-statement.js';

/** Names and values of settings for one transaction. Names and values come from this package, never from input. */
export type LocalSettings = Readonly<Record<string, string | number>>;

/** How a transaction is opened. */
export interface TransactionMode {
  readonly isolation: 'read committed' | 'repeatable read';
  readonly access: 'read write' | 'read only';
  /** Milliseconds without an answer after which the connection is given up. */
  readonly silenceMs: number;
  readonly settings?: LocalSettings;
  /** Statements without parameters to begin with. */
  readonly opening?: readonly string[];
}

/** Milliseconds that a statement may wait for a lock, and may take. Between two statements a transaction may lie open for as long. */
export interface TimeOuts {
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
}

/** An answer may take this much longer than the time-outs allow, for the way there and back and for the commit. */
const GRACE_MS = 5_000;

/** A busy process may be this late with its next statement, however short a statement has to be. */
const LEAST_IDLE_MS = 1_000;

/**
 * A transaction that reads: even a table's size and its plan wait for a lock. The server ends the session of a process that has stopped
 * between two statements, and with it what the transaction holds. No transaction of this package compiles (`jit = off`): its statements are
 * short, and a planner that is held to a walk puts penalties into the costs, for which the server would compile each of the checks and
 * triggers of others anew.
 */
export function readOnlyMode(timeOuts: TimeOuts, settings: LocalSettings = {}): TransactionMode {
  const { lockTimeoutMs: lock_timeout, statementTimeoutMs: statement_timeout } = timeOuts;
  return {
    isolation: 'read committed',
    access: 'read only',
    silenceMs: lock_timeout + statement_timeout + GRACE_MS,
    settings: {
      lock_timeout,
      statement_timeout,
      idle_in_transaction_session_timeout: Math.max(statement_timeout, LEAST_IDLE_MS),
      jit: 'off',
      ...settings,
    },
  };
}

/** A transaction in which everything is read as it was at one moment. */
export function snapshotMode(timeOuts: TimeOuts, settings: LocalSettings = {}): TransactionMode {
  return { ...readOnlyMode(timeOuts, settings), isolation: 'repeatable read' };
}

/** A transaction that writes, unless whoever made the role or the database read-only meant it not to. */
export function writingMode(timeOuts: TimeOuts, settings: LocalSettings = {}): TransactionMode {
  return { ...readOnlyMode(timeOuts, settings), access: 'read write' };
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
  return orRollBack(queryRunner, mode, async () => {
    await queryRunner.query(beginStatement(mode));
    const result = await work();
    await queryRunner.query('commit');
    return result;
  });
}

/** The server's answer to a statement. */
export interface StatementAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Rows that were written or, by a `select`, read. */
  readonly rowCount: number;
}

/**
 * Runs a statement without parameters in a transaction of its own, opened, configured and committed in a single message: one
 * round trip where {@link inTransaction} takes three. Rolls back when any of it fails.
 *
 * @param note a further statement, which reads what the first noted: its rows are the answer's, the count of rows is that of the first
 */
export async function inOneMessage(
  queryRunner: QueryRunner,
  mode: TransactionMode,
  sql: string,
  note?: string,
): Promise<StatementAnswer> {
  return orRollBack(queryRunner, mode, async () => {
    // TypeORM's own query() gives no result of a message with several statements.
    const connection: SeveralStatements = await queryRunner.connect();
    const statements = note === undefined ? [sql] : [sql, note];
    const answers = await connection.query([beginStatement(mode), ...statements, 'commit'].join('; '));
    const [{ rowCount }, { rows }] = [answerOf(answers, statements.length), answerOf(answers)];
    return { rows, rowCount };
  });
}

/**
 * As {@link inOneMessage}, for a statement that sets off the keys and triggers of others: those that wait for the commit run before it,
 * where the time-outs still hold, and it is committed only once `accept` has seen the answer. Rolls back when that throws.
 *
 * @param mode the settings of `commit` come into force after all of them have run
 */
export async function inTwoMessages<Result>(
  queryRunner: QueryRunner,
  { commit, ...mode }: TransactionMode & { readonly commit: LocalSettings },
  sql: string,
  accept: (answer: StatementAnswer) => Result,
): Promise<Result> {
  // What was deferred may take as long as the statement again.
  const silenceMs = mode.silenceMs + Number(mode.settings?.['statement_timeout'] ?? 0);
  return orRollBack(queryRunner, { ...mode, silenceMs }, async () => {
    const connection: SeveralStatements = await queryRunner.connect();
    const result = accept(answerOf(await connection.query([beginStatement(mode), sql, RUN_DEFERRED].join('; '))));
    await connection.query([...localSettings(commit), 'commit'].join('; '));
    return result;
  });
}

/** Runs what was deferred to the commit, where neither a time-out nor a cancel request would end it. */
export const RUN_DEFERRED = 'set constraints all immediate';

/** The answer to the statement that is so many before the last one. */
function answerOf(answers: Awaited<ReturnType<SeveralStatements['query']>>, before = 1): StatementAnswer {
  const { rows = [], rowCount } = answers.at(-1 - before) ?? {};
  return { rows, rowCount: rowCount ?? 0 };
}

/** `pg` answers a message with several statements with a result for each. */
interface SeveralStatements {
  query(sql: string): Promise<readonly { readonly rows: StatementAnswer['rows']; readonly rowCount: number | null }[]>;
}

/** What is not said to be read-only is so where the server or `default_transaction_read_only` says it is. */
function beginStatement({ isolation, access, settings = {}, opening = [] }: TransactionMode): string {
  return [
    `begin isolation level ${isolation}${access === 'read only' ? ' read only' : ''}`,
    ...localSettings(settings),
    ...opening,
  ].join('; ');
}

function localSettings(settings: LocalSettings): string[] {
  return Object.entries(settings).map(([name, value]) => `set local ${name} = '${value}'`);
}

async function orRollBack<Result>(
  queryRunner: QueryRunner,
  { silenceMs, access }: Pick<TransactionMode, 'silenceMs' | 'access'>,
  transaction: () => Promise<Result>,
): Promise<Result> {
  const watch = watchOf(queryRunner);
  if (access === 'read write') {
    watch?.onWriting();
  }
  try {
    return await whileAnswering(queryRunner, silenceMs, async () => {
      try {
        return await transaction();
      } catch (error) {
        // One that fails means the connection is gone, and with it the transaction; the first error is the one to report.
        await queryRunner.query('rollback').catch(() => undefined);
        throw error;
      }
    });
  } catch (error) {
    if (isConnectionLost(error)) {
      watch?.onLost(error);
    }
    throw access === 'read write' && sqlState(error) === SQL_STATE.readOnlyTransaction
      ? new ReadOnlyDatabaseError(error)
      : error;
  }
}

/** As much of a `pg` connection as is used here. */
interface Connection {
  query(
    sql: string,
    parameters: string[],
  ): Promise<{ readonly rows: StatementAnswer['rows']; readonly rowCount: number | null }>;
}

/**
 * Runs one statement whose values are secret. They travel as parameters, so that neither the server's log nor `pg_stat_activity` shows
 * them, and past TypeORM, which would write them to the host's query log and into its errors.
 *
 * @throws the driver's error, which holds no value
 */
export async function queryWithoutLogging(queryRunner: QueryRunner, statement: SqlFragment): Promise<StatementAnswer> {
  const connection: Connection = await queryRunner.connect();
  const { sql, parameters } = sqlStatement(statement);
  const { rows, rowCount } = await connection.query(sql, parameters);
  return { rows, rowCount: rowCount ?? 0 };
}
