import { findAgentTable } from '../agent-heartbeat/find-agent-table.js';
import { findStoredTable } from '../database/stored-table.js';
import { agentAttachedChecks } from './attached-checks.js';
import type { DoctorCheck } from './doctor-report.js';
import { examineUpdatedTable, type UpdatedTable } from './updated-table.js';

/** Examines the table of agent tokens as the heartbeat monitor needs it; undefined when there is no such table. */
export async function examineAgents(examination: UpdatedTable): Promise<readonly DoctorCheck[] | undefined> {
  const { queryRunner, table } = examination;
  const stored = await findStoredTable(queryRunner, table);
  return (
    stored &&
    examineUpdatedTable(examination, stored, {
      change: 'suspension',
      look: () => findAgentTable(queryRunner, table, false),
      refusal: { ofRun: '. Nobody was suspended', ofRunsToCome: ': every check of the heartbeats is refused' },
      finding: () => ({
        name: 'columns',
        whatToDo:
          "bring the table up to date with Tenxyte's migrations, or name the columns in an entity of your own (entities.AgentToken)",
      }),
      attachedChecks: agentAttachedChecks,
    })
  );
}
