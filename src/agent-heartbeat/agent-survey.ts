import type { MappedTable } from '../database/mapped-table.js';
import type { SqlFragment } from '../database/sql-statement.js';
import { agentConditions, TIME_PROPERTIES } from './agent-conditions.js';

/** Sends a statement and answers its rows. */
export type Ask = (statement: SqlFragment) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** How things stood when the run began. */
export interface AgentSurvey {
  readonly monitored: number;
  readonly overdue: number;
  readonly expired: number;
  /** True when a column of the condition is no `timestamptz`, or row security applies, so that the counts mean nothing. */
  readonly isDoubtful: boolean;
}

/**
 * Counts, in one statement: all that a run does while nobody is overdue. It costs what an UPDATE with the same condition costs that finds
 * no row.
 */
export async function surveyAgents(
  ask: Ask,
  table: MappedTable,
  runAt: SqlFragment,
  expireTokens: boolean,
): Promise<AgentSurvey> {
  const [answer] = await ask(survey(table, runAt, expireTokens));
  const expired = Number(answer?.['expired']);
  return {
    monitored: Number(answer?.['watched']) - expired,
    overdue: Number(answer?.['overdue']),
    expired,
    isDoubtful: Number(answer?.['zonelessColumns']) > 0 || answer?.['isSecured'] === true,
  };
}

function survey(table: MappedTable, runAt: SqlFragment, expireTokens: boolean): SqlFragment {
  const { watched, overdue, expired } = agentConditions(table, runAt, expireTokens);
  return (bind) => `
    select pg_catalog.count(*) as "watched",
           pg_catalog.count(*) filter (where ${overdue(bind)}) as "overdue",
           pg_catalog.count(*) filter (where ${expired(bind)}) as "expired",
           (
             select pg_catalog.count(*)
             from pg_catalog.pg_attribute
             where attrelid operator(pg_catalog.=) ${bind(table.sqlName, 'text')}::pg_catalog.regclass
               and attname operator(pg_catalog.=) any (array[${TIME_PROPERTIES.map((property) => bind(table.column(property), 'text')).join(', ')}])
               and atttypid operator(pg_catalog.<>) 'pg_catalog.timestamptz'::pg_catalog.regtype
           ) as "zonelessColumns",
           pg_catalog.row_security_active(${bind(table.sqlName, 'text')}::pg_catalog.regclass::pg_catalog.oid) as "isSecured"
    from ${table.sqlName}
    where ${watched(bind)}`;
}
