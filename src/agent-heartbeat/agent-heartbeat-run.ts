import { failure } from '../contract/task-report.js';
import type { MappedTable } from '../database/mapped-table.js';
import { assertAcknowledged } from '../batches/acknowledgement.js';
import { inOneMessage, inTransaction, readOnlyMode, snapshotMode } from '../database/short-transaction.js';
import { sqlState } from '../database/sql-state.js';
import { type SqlFragment, sqlStatement, sqlText } from '../database/sql-statement.js';
import type { StoredTable } from '../database/stored-table.js';
import { agentConditions, overdueAgentColumns } from './agent-conditions.js';
import type { AgentHeartbeatResult, AgentHeartbeatRun } from './agent-heartbeat-plan.js';
import { MAX_REPORTED_AGENTS, type OverdueAgent } from './agent-heartbeat-report.js';
import { type AgentSurvey, type Ask, surveyAgents } from './agent-survey.js';
import { findAgentTable } from './find-agent-table.js';
import { massSuspension } from './mass-suspension.js';
import { suspendOverdueAgents } from './suspend-overdue-agents.js';

/** Class 42 of the SQLSTATEs: a name that is unknown or may not be used. The catalogs tell it better. */
const ACCESS_RULE_VIOLATION = '42';

/** Carries a check out on one connection; a dry run in one snapshot that cannot write. */
export async function checkAgentHeartbeats(run: AgentHeartbeatRun): Promise<AgentHeartbeatResult> {
  const { queryRunner, plan } = run;
  try {
    return await (plan.isDryRun ? inTransaction(queryRunner, snapshotMode(plan.limits), () => check(run)) : check(run));
  } catch (error) {
    const isExplicable = sqlState(error)?.startsWith(ACCESS_RULE_VIOLATION) === true;
    if (isExplicable && (await inTransaction(queryRunner, readOnlyMode(plan.limits), () => look(run))) === undefined) {
      return withoutTable(run.table);
    }
    throw error;
  }
}

async function check(run: AgentHeartbeatRun): Promise<AgentHeartbeatResult> {
  const { queryRunner, table, plan } = run;
  const { expireTokens, massSuspensionBrake } = plan.settings;
  const runAt: SqlFragment = (bind) => bind(plan.runAt, 'timestamptz');
  const survey = await surveyAgents(asking(run), table, runAt, expireTokens);
  const nothingDone = { ...NOTHING, monitored: survey.monitored };
  if (survey.overdue === 0 && survey.expired === 0 && !survey.isDoubtful) {
    return { ...nothingDone, status: 'succeeded' };
  }
  const lookOnce = (): ReturnType<typeof look> =>
    plan.isDryRun ? look(run) : inTransaction(queryRunner, readOnlyMode(plan.limits), () => look(run));
  const stored = await lookOnce();
  if (stored === undefined) {
    return withoutTable(run.table);
  }
  const tripped = massSuspension(survey, massSuspensionBrake);
  if (tripped !== undefined) {
    return { ...nothingDone, status: 'failed', error: tripped.error, massSuspension: tripped.counts };
  }
  const done = plan.isDryRun ? await listOverdueAgents(run, survey) : await suspendOverdueAgents(run, survey, stored);
  return { ...nothingDone, ...done };
}

const NOTHING = { monitored: 0, suspended: 0, expired: 0, lockedAgents: 0, agents: [] } as const;

/** Within the dry run's snapshot, or in one message that is a transaction of its own. */
function asking({ queryRunner, plan }: AgentHeartbeatRun): Ask {
  return async (statement) => {
    if (!plan.isDryRun) {
      return (await inOneMessage(queryRunner, readOnlyMode(plan.limits), sqlText(statement))).rows;
    }
    const { sql, parameters } = sqlStatement(statement);
    return queryRunner.query(sql, parameters);
  };
}

async function look({ queryRunner, table, plan }: AgentHeartbeatRun): Promise<StoredTable | undefined> {
  const stored = await findAgentTable(queryRunner, table, plan.isDryRun);
  if (stored !== undefined) {
    assertAcknowledged(stored.attached, 'update', plan, 'Nobody was suspended');
    await plan.assertOwner(queryRunner, stored);
  }
  return stored;
}

function withoutTable({ tableName }: MappedTable): AgentHeartbeatResult {
  const message = `There is no table ${tableName}: a Tenxyte without agents, or another database than meant`;
  return { ...NOTHING, status: 'skipped', error: failure('TABLE_NOT_FOUND', message) };
}

/** The agents that a run would suspend, without doing it, and the counts of the survey in the same snapshot. */
async function listOverdueAgents(
  { queryRunner, table, plan }: AgentHeartbeatRun,
  { overdue: suspended, expired }: AgentSurvey,
): Promise<Pick<AgentHeartbeatResult, 'status' | 'suspended' | 'expired' | 'agents'>> {
  const runAt: SqlFragment = (bind) => bind(plan.runAt, 'timestamptz');
  const { overdue } = agentConditions(table, runAt, plan.settings.expireTokens);
  const { sql, parameters } = sqlStatement(
    (bind) => `
      select ${overdueAgentColumns(table, runAt)(bind)}
      from ${table.sqlName} as agent
      where ${overdue(bind)}
      order by "overdueSeconds" desc, agent.${table.sqlColumn('id')}
      limit ${MAX_REPORTED_AGENTS}`,
  );
  const agents: OverdueAgent[] = await queryRunner.query(sql, parameters);
  return { status: 'succeeded', suspended, expired, agents };
}
