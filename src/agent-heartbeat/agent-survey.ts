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
  /** True when a column of the condition is no `timestamptz`, so that the counts mean nothing. */
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
    isDoubtful: Number(answer?.['zonelessColumns']) > 0,
  };
}

function survey(table: MappedTable, runAt: SqlFragment, expireTokens: boolean): SqlFragment {
  const { watched, overdue, expired } = agentConditions(table, runAt, expireTokens);
  return (bind) => `
    select count(*) as "watched",
           count(*) filter (where ${overdue(bind)}) as "overdue",
           count(*) filter (where ${expired(bind)}) as "expired",
           (
             select count(*)
             from pg_catalog.pg_attribute
             where attrelid = ${bind(table.sqlName, 'text')}::regclass
               and attname in (${TIME_PROPERTIES.map((property) => bind(table.column(property), 'text')).join(', ')})
               and atttypid <> 'timestamptz'::regtype
           ) as "zonelessColumns"
    from ${table.sqlName}
    where ${watched(bind)}`;
}
