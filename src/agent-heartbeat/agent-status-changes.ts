import type { BatchOperation, BatchOutcome } from '../batches/batch-operation.js';
import { unlockedRows } from '../batches/unlocked-rows.js';
import { expectOne } from '../database/expect-one.js';
import type { Instant } from '../database/instant.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { SqlFragment } from '../database/sql-statement.js';
import type { Heap } from '../database/stored-table.js';
import { agentConditions, overdueAgentColumns } from './agent-conditions.js';

/** A change of status, heap by heap. */
export type AgentStatusChange = (heap: Heap) => BatchOperation<StatusChangeOutcome>;

/** Suspends the overdue agents of a heap; answers an {@link OverdueAgent} for each. */
export function suspension(table: MappedTable, runAt: Instant, expireTokens: boolean): AgentStatusChange {
  const time: SqlFragment = (bind) => bind(runAt, 'timestamptz');
  return ({ sqlName }) =>
    statusChange({
      sqlName,
      due: agentConditions(table, time, expireTokens).overdue,
      assignments: (bind) =>
        `${table.sqlColumn('status')} = 'SUSPENDED', ` +
        `${table.sqlColumn('suspendedAt')} = ${time(bind)}, ` +
        `${table.sqlColumn('suspendedReason')} = 'HEARTBEAT_MISSING'`,
      returning: overdueAgentColumns(table, time),
    });
}

/** Gives the tokens of a heap that are past their expiry the status EXPIRED. */
export function expiry(table: MappedTable, runAt: Instant, expireTokens: boolean): AgentStatusChange {
  return ({ sqlName }) =>
    statusChange({
      sqlName,
      due: agentConditions(table, (bind) => bind(runAt, 'timestamptz'), expireTokens).expired,
      assignments: () => `${table.sqlColumn('status')} = 'EXPIRED'`,
      returning: () => '1 as "one"',
    });
}

/** An UPDATE of the due rows of a heap. */
interface StatusChange {
  /** The heap, escaped for SQL. */
  readonly sqlName: string;
  /** The whole condition, which the UPDATE carries itself: what happens to a row meanwhile is judged by it. */
  readonly due: SqlFragment;
  readonly assignments: SqlFragment;
  /** The columns that are answered of each changed row. */
  readonly returning: SqlFragment;
}

/** The outcome of a slice, with what `returning` says of each changed row. */
export interface StatusChangeOutcome extends BatchOutcome {
  readonly changed: readonly unknown[];
}

/** Changes the due rows of a heap, slice by slice. */
function statusChange(change: StatusChange): BatchOperation<StatusChangeOutcome> {
  return {
    optimistic: {
      write: (slice) => update(change, slice),
      outcome: ({ rows }) => ({ rows: rows.length, lockedRows: 0, changed: rows }),
    },
    cautious: {
      write: (slice) => unlockedUpdate(change, slice),
      outcome: ({ rows }) => {
        const answer = expectOne(rows);
        const changed = (answer['changed'] ?? []) as readonly unknown[];
        return { rows: changed.length, lockedRows: Number(answer['due']) - changed.length, changed };
      },
    },
  };
}

function update({ sqlName, due, assignments, returning }: StatusChange, slice: SqlFragment): SqlFragment {
  return (bind) => `
    update only ${sqlName}
    set ${assignments(bind)}
    where ${slice(bind)}
      and ${due(bind)}
    returning ${returning(bind)}`;
}

function unlockedUpdate({ sqlName, due, assignments, returning }: StatusChange, slice: SqlFragment): SqlFragment {
  return (bind) => `
    with ${unlockedRows({ sqlName, slice, due })(bind)}, changed as (
      update only ${sqlName} as heap
      set ${assignments(bind)}
      from taken
      where heap.ctid = taken.place
        and ${due(bind)}
      returning ${returning(bind)}
    )
    select (select count(*) from due) as "due",
           (select json_agg(changed) from changed) as "changed"`;
}
