import { type SqlFragment, sqlStatement } from '../database/sql-statement.js';
import { agentConditions, overdueAgentColumns } from './agent-conditions.js';
import type { AgentHeartbeatResult, AgentHeartbeatRun } from './agent-heartbeat-plan.js';
import { MAX_REPORTED_AGENTS, type OverdueAgent } from './agent-heartbeat-report.js';
import type { AgentSurvey } from './agent-survey.js';

/** Says what a run would do, without doing it: the agents it would report, and the counts of the survey in the same snapshot. */
export async function listOverdueAgents(
  run: AgentHeartbeatRun,
  { overdue, expired }: AgentSurvey,
): Promise<Pick<AgentHeartbeatResult, 'status' | 'suspended' | 'expired' | 'agents'>> {
  const { sql, parameters } = longestOverdue(run, (bind) => bind(run.plan.runAt, 'timestamptz'));
  const agents: OverdueAgent[] = await run.queryRunner.query(sql, parameters);
  return { status: 'succeeded', suspended: overdue, expired, agents };
}

function longestOverdue({ table, plan }: AgentHeartbeatRun, runAt: SqlFragment): ReturnType<typeof sqlStatement> {
  const { overdue } = agentConditions(table, { runAt, expireTokens: plan.settings.expireTokens });
  return sqlStatement(
    (bind) => `
      select ${overdueAgentColumns(table, runAt)(bind)}
      from ${table.sqlName} as agent
      where ${overdue(bind)}
      order by "overdueSeconds" desc, agent.${table.sqlColumn('id')}
      limit ${MAX_REPORTED_AGENTS}`,
  );
}
