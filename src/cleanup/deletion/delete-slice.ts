import type { BatchOperation, BatchOutcome } from '../../batches/batch-operation.js';
import type { DueRowsOfHeap } from '../../batches/choose-walk.js';
import { UNLOCKED_COUNTS, unlockedRows, unwrittenRows } from '../../batches/unlocked-rows.js';
import { expectOne } from '../../database/expect-one.js';
import type { SqlFragment } from '../../database/sql-statement.js';
import { deletionByKind, kindCounts, type RowKinds, rowKindsOf, rowsOfKinds } from './row-kinds.js';

/** The outcome of a slice that was deleted from. */
export interface DeletionOutcome extends BatchOutcome {
  /** The rows by their kind; undefined where they are not told apart. */
  readonly kinds?: RowKinds;
}

/** Deletes the due rows of a heap, slice by slice. A statement that a rule of the table rewrites returns nothing, and so tells no kinds. */
export function deletionOf(rows: DueRowsOfHeap): BatchOperation<DeletionOutcome> {
  const { heap, due, attached } = rows;
  const { sqlName } = heap;
  const isRewritten = attached.some(({ effect, onDelete }) => effect === 'rewrites' && onDelete);
  const kind = isRewritten ? undefined : rows.kind;
  const deletion =
    (slice: SqlFragment): SqlFragment =>
    (bind) => `
        delete from only ${sqlName}
        where ${slice(bind)}
          and ${due(bind)}`;
  return {
    heap,
    due,
    attached,
    optimistic: {
      write: (slice) => (kind === undefined ? deletion(slice) : deletionByKind(deletion(slice), kind)),
      outcome: ({ rows: [answer], rowCount }) => {
        if (kind === undefined) {
          return { rows: rowCount, lockedRows: 0, keptRows: 0 };
        }
        const kinds = rowKindsOf(answer?.['kinds']);
        return { rows: rowsOfKinds(kinds), lockedRows: 0, keptRows: 0, kinds };
      },
    },
    cautious: {
      write: (slice) => unlockedDeletion({ sqlName, due, kind }, slice),
      outcome: ({ rows: counts }) => {
        const answer = expectOne(counts);
        const gone = Number(answer['gone']);
        const kinds = kind === undefined ? {} : { kinds: rowKindsOf(answer['kinds']) };
        return { rows: gone, ...unwrittenRows(answer, gone), ...kinds };
      },
    },
  };
}

function unlockedDeletion(
  {
    sqlName,
    due,
    kind,
  }: { readonly sqlName: string; readonly due: SqlFragment; readonly kind: SqlFragment | undefined },
  slice: SqlFragment,
): SqlFragment {
  return (bind) => `
    with ${unlockedRows({ sqlName, slice, due })(bind)}, gone as (
      delete from only ${sqlName} as heap
      using taken
      where heap.ctid operator(pg_catalog.=) taken.place
        and ${due(bind)}
      returning ${kind === undefined ? '1' : `${kind(bind)} as kind`}
    )
    select ${UNLOCKED_COUNTS}, (select pg_catalog.count(*) from gone) as "gone"${kind === undefined ? '' : `, ${kindCounts('gone')} as "kinds"`}`;
}
