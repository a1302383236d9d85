import type { BatchOperation, BatchOutcome } from '../batches/batch-operation.js';
import { UNLOCKED_COUNTS, unlockedRows, unwrittenRows } from '../batches/unlocked-rows.js';
import { type AttachedObject, attachedTo } from '../database/attached-objects.js';
import { expectOne } from '../database/expect-one.js';
import type { Instant } from '../database/instant.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { SqlFragment } from '../database/sql-statement.js';
import type { Heap } from '../database/stored-table.js';
import { agentConditions, overdueAgentColumns } from './agent-conditions.js';

/** A change of status, heap by heap. */
export type AgentStatusChange = (
  heap: Heap,
  attached: readonly AttachedObject[],
) => BatchOperation<StatusChangeOutcome>;

/** Suspends the overdue agents of a heap; answers an {@link OverdueAgent} for each. */
export function suspension(table: MappedTable, runAt: Instant, expireTokens: boolean): AgentStatusChange {
  const time: SqlFragment = (bind) => bind(runAt, 'timestamptz');
  return statusChange(table, {
    status: 'SUSPENDED',
    due: agentConditions(table, time, expireTokens).overdue,
    assignments: (bind) =>
      `, ${table.sqlColumn('suspendedAt')} = ${time(bind)}, ${table.sqlColumn('suspendedReason')} = 'HEARTBEAT_MISSING'`,
    returning: (bind) => `, ${overdueAgentColumns(table, time)(bind)}`,
  });
}

/** Gives the tokens of a heap that are past their expiry the status EXPIRED. */
export function expiry(table: MappedTable, runAt: Instant, expireTokens: boolean): AgentStatusChange {
  return statusChange(table, {
    status: 'EXPIRED',
    due: agentConditions(table, (bind) => bind(runAt, 'timestamptz'), expireTokens).expired,
    assignments: () => '',
    returning: () => '',
  });
}

/** An UPDATE of the due rows of a heap. */
interface StatusChange {
  readonly status: string;
  /** The whole condition, which the UPDATE carries itself: what happens to a row meanwhile is judged by it. */
  readonly due: SqlFragment;
  /** What is set beside the status. */
  readonly assignments: SqlFragment;
  /** The columns that are answered of each row. */
  readonly returning: SqlFragment;
}

/** The outcome of a slice, with what `returning` says of each changed row. */
export interface StatusChangeOutcome extends BatchOutcome {
  readonly changed: readonly unknown[];
}

/** Changes the due rows of a heap, slice by slice. A row that a trigger gave another status than it was to have counts as kept. */
function statusChange(table: MappedTable, { status, due, assignments, returning }: StatusChange): AgentStatusChange {
  const sqlStatus = table.sqlColumn('status');
  const set: SqlFragment = (bind) => `set ${sqlStatus} = '${status}'${assignments(bind)}`;
  const answer: SqlFragment = (bind) =>
    `returning ${sqlStatus}::pg_catalog.text operator(pg_catalog.=) '${status}' as "hasStatus"${returning(bind)}`;
  return (heap, attached) => ({
    heap,
    due,
    attached: attachedTo(attached, 'update', heap),
    optimistic: {
      write: (slice) => (bind) => `
        update only ${heap.sqlName}
        ${set(bind)}
        where ${slice(bind)}
          and ${due(bind)}
        ${answer(bind)}`,
      outcome: ({ rows }) => {
        const changed = changedRows(rows);
        return { rows: changed.length, lockedRows: 0, keptRows: rows.length - changed.length, changed };
      },
    },
    cautious: {
      write: (slice) => (bind) => `
        with ${unlockedRows({ sqlName: heap.sqlName, slice, due })(bind)}, changed as (
          update only ${heap.sqlName} as heap
          ${set(bind)}
          from taken
          where heap.ctid operator(pg_catalog.=) taken.tenxyte_place
            and ${due(bind)}
          ${answer(bind)}
        )
        select ${UNLOCKED_COUNTS}, (select pg_catalog.json_agg(changed) from changed) as "changed"`,
      outcome: ({ rows }) => {
        const counts = expectOne(rows);
        const changed = changedRows((counts['changed'] ?? []) as readonly Row[]);
        return { rows: changed.length, ...unwrittenRows(counts, changed.length), changed };
      },
    },
  });
}

type Row = Readonly<Record<string, unknown>>;

function changedRows(rows: readonly Row[]): readonly unknown[] {
  return rows.flatMap(({ hasStatus, ...row }) => (hasStatus === true ? [row] : []));
}
