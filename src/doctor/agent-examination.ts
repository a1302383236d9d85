import { findAgentTable } from '../agent-heartbeat/find-agent-table.js';
import { findStoredTable } from '../database/stored-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { rowSecurityChecks } from './access-checks.js';
import { agentAttachedChecks } from './attached-checks.js';
import type { DoctorCheck } from './doctor-report.js';
import { identityChecks, readHeapsWithoutIdentity } from './replica-identity-checks.js';
import { inOrder, relationChecks, type TargetExamination } from './target-examination.js';

export type AgentExamination = Pick<
  TargetExamination,
  'dataSource' | 'queryRunner' | 'table' | 'role' | 'versionNumber'
>;

/** Examines the table of agent tokens as the heartbeat monitor needs it; undefined when there is no such table. */
export async function examineAgents(examination: AgentExamination): Promise<readonly DoctorCheck[] | undefined> {
  const { dataSource, queryRunner, table, role, versionNumber } = examination;
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    return undefined;
  }
  const relation = relationChecks(table, stored);
  if (relation.length > 0) {
    return relation;
  }
  const who = { subject: table.tableName, role, sqlRole: dataSource.driver.escape(role) };
  const published = { change: 'update', versionNumber } as const;
  const findings = [
    ...(await monitorChecks(examination, who.sqlRole)),
    ...rowSecurityChecks(who, stored),
    ...identityChecks(
      table.tableName,
      'suspension',
      await readHeapsWithoutIdentity(queryRunner, stored.heaps, published),
    ),
  ];
  const attached = agentAttachedChecks(table.tableName, stored.attached);
  return [...(findings.length > 0 ? findings : [inOrder(table, stored)]), ...attached];
}

/** Asks the monitor itself, so that the doctor demands what it demands. */
async function monitorChecks(
  { queryRunner, table }: AgentExamination,
  sqlRole: string,
): Promise<readonly DoctorCheck[]> {
  try {
    await findAgentTable(queryRunner, table, false);
    return [];
  } catch (error) {
    if (!(error instanceof MaintenanceError)) {
      throw error;
    }
    if (error.code === 'ROW_SECURITY') {
      return [];
    }
    const grants = error.context['grants'];
    const finding = { level: 'problem', subject: table.tableName, message: asProspect(error.message) } as const;
    return [
      Array.isArray(grants)
        ? { ...finding, name: 'privileges', whatToDo: grants.map((grant) => `grant ${grant} to ${sqlRole};`).join(' ') }
        : {
            ...finding,
            name: 'columns',
            whatToDo:
              "bring the table up to date with Tenxyte's migrations, or name the columns in an entity of your own (entities.AgentToken)",
          },
    ];
  }
}

/** The monitor's message is about a run that failed; the doctor's about those to come. */
function asProspect(message: string): string {
  return message.replace(/\. Nobody was suspended$/, ': every check of the heartbeats is refused');
}
