import type { QueryRunner } from 'typeorm';
import type { StatementAnswer } from './short-transaction.js';
import type { SqlFragment } from './sql-statement.js';
import { sqlStatement } from './sql-statement.js';

/** As much of a `pg` connection as is used here. */
interface Connection {
  query(
    sql: string,
    parameters: string[],
  ): Promise<{ readonly rows: StatementAnswer['rows']; readonly rowCount: number | null }>;
}

/**
 * Runs one statement whose values are secret. They travel as parameters, so that neither the server's log nor `pg_stat_activity` shows them, and
 * past TypeORM, which would write them to the host's query log and into its errors.
 *
 * @throws the driver's error, which holds no value
 */
export async function queryUnlogged(queryRunner: QueryRunner, statement: SqlFragment): Promise<StatementAnswer> {
  const connection: Connection = await queryRunner.connect();
  const { sql, parameters } = sqlStatement(statement);
  const { rows, rowCount } = await connection.query(sql, parameters);
  return { rows, rowCount: rowCount ?? 0 };
}
