import pg from 'pg';
import { statementsFrom } from '../../src/tasks/runs/runs-schema-steps.js';
import type { TestDatabase } from './test-database.js';

const SCHEMA = 'tenxyte_maintenance';

/** Creates this package's schema where there is none, and lets a role record its runs in it. */
export async function allowRuns(database: Pick<TestDatabase, 'query'>, role: string): Promise<void> {
  await database.query(`create schema if not exists ${SCHEMA}`);
  for (const statement of statementsFrom(0, SCHEMA, pg.escapeIdentifier)) {
    await database.query(statement);
  }
  await database.query(`grant usage on schema ${SCHEMA} to ${role}`);
  await database.query(`grant select, insert, update, delete on all tables in schema ${SCHEMA} to ${role}`);
}
