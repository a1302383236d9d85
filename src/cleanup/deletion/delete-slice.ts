import type { BatchOperation, BatchOutcome } from '../../batches/batch-operation.js';
import type { DueRowsOfHeap } from '../../batches/choose-walk.js';
import { UNLOCKED_COUNTS, unlockedRows, unwrittenRows } from '../../batches/unlocked-rows.js';
import { expectOne } from '../../database/expect-one.js';
import type { SqlFragment } from '../../database/sql-statement.js';

/** Deletes the due rows of a heap, slice by slice. */
export function deletionOf({ heap, due, attached }: DueRowsOfHeap): BatchOperation<BatchOutcome> {
  const { sqlName } = heap;
  return {
    heap,
    due,
    attached,
    optimistic: {
      write: (slice) => (bind) => `
        delete from only ${sqlName}
        where ${slice(bind)}
          and ${due(bind)}`,
      outcome: ({ rowCount }) => ({ rows: rowCount, lockedRows: 0, keptRows: 0 }),
    },
    cautious: {
      write: (slice) => unlockedDeletion({ sqlName, due }, slice),
      outcome: ({ rows: counts }) => {
        const answer = expectOne(counts);
        const rows = Number(answer['gone']);
        return { rows, ...unwrittenRows(answer, rows) };
      },
    },
  };
}

function unlockedDeletion(
  { sqlName, due }: { readonly sqlName: string; readonly due: SqlFragment },
  slice: SqlFragment,
): SqlFragment {
  return (bind) => `
    with ${unlockedRows({ sqlName, slice, due })(bind)}, gone as (
      delete from only ${sqlName} as heap
      using taken
      where heap.ctid operator(pg_catalog.=) taken.place
        and ${due(bind)}
      returning 1
    )
    select ${UNLOCKED_COUNTS}, (select pg_catalog.count(*) from gone) as "gone"`;
}
