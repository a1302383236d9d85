import type { BatchOperation, BatchOutcome, BatchStatement } from '../../batches/batch-operation.js';
import type { DueRowsOfHeap } from '../../batches/choose-walk.js';
import { UNLOCKED_COUNTS, unlockedRows, unwrittenRows } from '../../batches/unlocked-rows.js';
import { expectOne } from '../../database/expect-one.js';
import type { StatementAnswer } from '../../database/short-transaction.js';
import type { SqlFragment } from '../../database/sql-statement.js';
import {
  deletionByKind,
  kindCounts,
  notedKinds,
  READ_NOTED_KINDS,
  type RowKinds,
  rowKindsOf,
  rowsOfKinds,
} from './row-kinds.js';

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
  const dueRows =
    (slice: SqlFragment): SqlFragment =>
    (bind) => `from only ${sqlName}
        where ${slice(bind)}
          and ${due(bind)}`;
  const deletion =
    (slice: SqlFragment): SqlFragment =>
    (bind) =>
      `delete ${dueRows(slice)(bind)}`;
  return {
    heap,
    due,
    attached,
    ...(kind === undefined ? { optimistic: plainly(deletion) } : byKind(dueRows, deletion, kind)),
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

type OnSlice = (slice: SqlFragment) => SqlFragment;

function plainly(deletion: OnSlice): BatchStatement<DeletionOutcome> {
  return { write: deletion, outcome: ({ rowCount }) => ({ rows: rowCount, lockedRows: 0, keptRows: 0 }) };
}

/** Where the counts are of more rows than are gone, somebody changed one of them in between, and they are no counts of those that are gone. */
function byKind(
  dueRows: OnSlice,
  deletion: OnSlice,
  kind: SqlFragment,
): Pick<BatchOperation<DeletionOutcome>, 'optimistic' | 'atOnce'> {
  const kindsOf = ({ rows: [answer] }: StatementAnswer): RowKinds => rowKindsOf(answer?.['kinds']);
  const outcome = (rows: number, kinds: RowKinds): DeletionOutcome => ({ rows, lockedRows: 0, keptRows: 0, kinds });
  return {
    optimistic: {
      write: (slice) => deletionByKind(deletion(slice), kind),
      outcome: (answer) => outcome(rowsOfKinds(kindsOf(answer)), kindsOf(answer)),
    },
    atOnce: {
      write: (slice) => (bind) => `${deletion(slice)(bind)}
          and ${notedKinds(dueRows(slice), kind)(bind)}`,
      note: READ_NOTED_KINDS,
      outcome: (answer) => outcome(answer.rowCount, kindsOf(answer)),
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
      where heap.ctid operator(pg_catalog.=) taken.tenxyte_place
        and ${due(bind)}
      returning ${kind === undefined ? '1' : `${kind(bind)} as kind`}
    )
    select ${UNLOCKED_COUNTS}, (select pg_catalog.count(*) from gone) as "gone"${kind === undefined ? '' : `, ${kindCounts('gone')} as "kinds"`}`;
}
