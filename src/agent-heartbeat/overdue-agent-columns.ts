import { instantSql } from '../database/instant.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { SqlFragment } from '../database/sql-statement.js';
import { lastSignOfLife } from './agent-conditions.js';

/** Selects what an {@link OverdueAgent} holds, under its names. Never the token. */
export function overdueAgentColumns(table: MappedTable, runAt: SqlFragment): SqlFragment {
  const silence: SqlFragment = (bind) =>
    `extract(epoch from ${runAt(bind)}) - extract(epoch from ${lastSignOfLife(table)})`;
  return (bind) => `
    ${table.sqlColumn('id')}::text as "id",
    ${table.sqlColumn('agentId')} as "agentId",
    ${instantSql(table.sqlColumn('lastHeartbeatAt'))} as "lastHeartbeatAt",
    floor(least(${silence(bind)} - ${table.sqlColumn('heartbeatRequiredEvery')}, ${Number.MAX_SAFE_INTEGER}))::float8 as "overdueSeconds"`;
}
