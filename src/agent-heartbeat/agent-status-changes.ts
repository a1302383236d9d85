import type { Instant } from '../database/instant.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { SqlFragment } from '../database/sql-statement.js';
import type { Heap } from '../database/stored-table.js';
import type { BatchOperation } from '../batches/batch-operation.js';
import { agentConditions } from './agent-conditions.js';
import { overdueAgentColumns } from './overdue-agent-columns.js';
import type { StatusChangeOutcome } from './status-change.js';
import { statusChange } from './status-change.js';

/** What a run changes, on which table, as of when. */
export interface AgentStatusTerms {
  readonly table: MappedTable;
  readonly runAt: Instant;
  readonly expireTokens: boolean;
}

/** A change of status, heap by heap. */
export type AgentStatusChange = (heap: Heap) => BatchOperation<StatusChangeOutcome>;

/** Suspends the overdue agents of a heap; answers an {@link OverdueAgent} for each. */
export function suspension({ table, runAt, expireTokens }: AgentStatusTerms): AgentStatusChange {
  const time: SqlFragment = (bind) => bind(runAt, 'timestamptz');
  return ({ sqlName }) =>
    statusChange({
      sqlName,
      due: agentConditions(table, { runAt: time, expireTokens }).overdue,
      assignments: (bind) =>
        `${table.sqlColumn('status')} = 'SUSPENDED', ` +
        `${table.sqlColumn('suspendedAt')} = ${time(bind)}, ` +
        `${table.sqlColumn('suspendedReason')} = 'HEARTBEAT_MISSING'`,
      returning: overdueAgentColumns(table, time),
    });
}

/** Gives the tokens of a heap that are past their expiry the status EXPIRED. */
export function expiry({ table, runAt, expireTokens }: AgentStatusTerms): AgentStatusChange {
  return ({ sqlName }) =>
    statusChange({
      sqlName,
      due: agentConditions(table, { runAt: (bind) => bind(runAt, 'timestamptz'), expireTokens }).expired,
      assignments: () => `${table.sqlColumn('status')} = 'EXPIRED'`,
      returning: () => '1 as "one"',
    });
}
