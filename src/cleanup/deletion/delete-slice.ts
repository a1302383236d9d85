import type { BatchOperation, BatchOutcome } from '../../batches/batch-operation.js';
import type { DueRowsOfHeap } from '../../batches/choose-walk.js';
import { unlockedRows } from '../../batches/unlocked-rows.js';
import { expectOne } from '../../database/expect-one.js';
import type { SqlFragment } from '../../database/sql-statement.js';

/** Deletes the due rows of a heap, slice by slice. */
export function deletionOf(rows: DueRowsOfHeap): BatchOperation<BatchOutcome> {
  return {
    optimistic: {
      write: (slice) => deletion(rows, slice),
      outcome: ({ rowCount }) => ({ rows: rowCount, lockedRows: 0 }),
    },
    cautious: {
      write: (slice) => unlockedDeletion(rows, slice),
      outcome: ({ rows: counts }) => {
        const { gone, due } = expectOne(counts);
        return { rows: Number(gone), lockedRows: Number(due) - Number(gone) };
      },
    },
  };
}

function deletion({ heap, due }: DueRowsOfHeap, slice: SqlFragment): SqlFragment {
  return (bind) => `
    delete from only ${heap.sqlName}
    where ${slice(bind)}
      and ${due(bind)}`;
}

function unlockedDeletion({ heap: { sqlName }, due }: DueRowsOfHeap, slice: SqlFragment): SqlFragment {
  return (bind) => `
    with ${unlockedRows({ sqlName, slice, due })(bind)}, gone as (
      delete from only ${sqlName} as heap
      using taken
      where heap.ctid = taken.place
        and ${due(bind)}
      returning 1
    )
    select (select count(*) from due) as due,
           (select count(*) from gone) as gone`;
}
