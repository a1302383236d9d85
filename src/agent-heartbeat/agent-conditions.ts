import type { NeededColumn } from '../batches/assert-batchable.js';
import { instantSql } from '../database/instant.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { SqlFragment } from '../database/sql-statement.js';
import type { TenxyteEntityProperty } from '../tenxyte/tenxyte-entities.js';

type AgentTokenProperty = TenxyteEntityProperty<'AgentToken'>;

/** The points in time by which a token is judged. */
export const TIME_PROPERTIES = ['createdAt', 'lastHeartbeatAt', 'expiresAt'] as const satisfies AgentTokenProperty[];

/** The properties that a suspension writes. */
export const WRITTEN_PROPERTIES = ['status', 'suspendedAt', 'suspendedReason'] as const satisfies AgentTokenProperty[];

/** Read beside the times. Never the token itself. */
const OTHER_PROPERTIES = ['id', 'agentId', 'heartbeatRequiredEvery'] as const satisfies AgentTokenProperty[];

/** Every property that the monitor reads. */
export const READ_PROPERTIES = [...TIME_PROPERTIES, ...OTHER_PROPERTIES, 'status'] as const;

/** Every property that the monitor touches. */
export const AGENT_PROPERTIES = [...READ_PROPERTIES, ...WRITTEN_PROPERTIES] as const;

/** Every column that the monitor touches, with the type it must have. */
export const AGENT_COLUMNS: readonly NeededColumn[] = [
  ...[...TIME_PROPERTIES, 'suspendedAt'].map((property) => ({ property, type: 'timestamp with time zone' as const })),
  ...[...OTHER_PROPERTIES, 'status', 'suspendedReason'].map((property) => ({ property, type: undefined })),
];

/**
 * Builds the conditions on the table of agent tokens, each whole: the survey, the dry run and every UPDATE take them from here. The allowed
 * silence is taken from the time of the run, not added to the last heartbeat: neither an infinity nor the last year that PostgreSQL knows
 * can make it overflow.
 *
 * @param runAt the time of the run, an expression of type `timestamptz`
 * @returns `watched`: the token is monitored or expired, never both; `overdue`: the agent was silent for longer than it may be, exactly as
 * long is not overdue; `expired`: the token is past its expiry and still ACTIVE, never true without `expireTokens`
 */
export function agentConditions(
  table: MappedTable,
  runAt: SqlFragment,
  expireTokens: boolean,
): Readonly<Record<'watched' | 'overdue' | 'expired', SqlFragment>> {
  const isActive = `${table.sqlColumn('status')}::pg_catalog.text operator(pg_catalog.=) 'ACTIVE'`;
  const every = table.sqlColumn('heartbeatRequiredEvery');
  const isPast: SqlFragment = (bind) =>
    expireTokens ? `${table.sqlColumn('expiresAt')} operator(pg_catalog.<) ${runAt(bind)}` : 'false';
  const isMonitored: SqlFragment = (bind) =>
    `${every} operator(pg_catalog.>) 0${expireTokens ? ` and (${isPast(bind)}) is not true` : ''}`;
  const isLate: SqlFragment = (bind) => {
    const silence = `(${every} operator(pg_catalog.*) interval '1 second')`;
    return `${lastSeen(table)} operator(pg_catalog.<) (${runAt(bind)} operator(pg_catalog.-) ${silence})`;
  };
  return {
    watched: (bind) => `${isActive} and (${isMonitored(bind)} or ${isPast(bind)})`,
    // Nearly no token is late: with that asked first, the survey need not ask the rest.
    overdue: (bind) => `(${isLate(bind)} and ${isMonitored(bind)} and ${isActive})`,
    expired: (bind) => `(${isPast(bind)} and ${isActive})`,
  };
}

/** The time by which an agent is judged: an agent that never sent a heartbeat counts from the creation of its token. */
function lastSeen(table: MappedTable): string {
  return `coalesce(${table.sqlColumn('lastHeartbeatAt')}, ${table.sqlColumn('createdAt')})`;
}

/** Selects what an {@link OverdueAgent} holds, under its names. Never the token. */
export function overdueAgentColumns(table: MappedTable, runAt: SqlFragment): SqlFragment {
  const since: SqlFragment = (bind) =>
    `(extract(epoch from ${runAt(bind)}) operator(pg_catalog.-) extract(epoch from ${lastSeen(table)}))`;
  const overdue: SqlFragment = (bind) =>
    `${since(bind)} operator(pg_catalog.-) ${table.sqlColumn('heartbeatRequiredEvery')}`;
  return (bind) => `
    ${table.sqlColumn('id')}::pg_catalog.text as "id",
    ${table.sqlColumn('agentId')}::pg_catalog.text as "agentId",
    ${instantSql(table.sqlColumn('lastHeartbeatAt'))} as "lastHeartbeatAt",
    pg_catalog.floor(least(${overdue(bind)}, ${Number.MAX_SAFE_INTEGER}))::double precision as "overdueSeconds"`;
}
