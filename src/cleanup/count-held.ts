import type { QueryRunner } from 'typeorm';
import { inTransaction, readOnlyMode } from '../database/short-transaction.js';
import type { CleanupContext } from './cleanup-context.js';
import { countInHeap } from './deletion/count-in-heap.js';
import type { HeapOfTarget } from './find-due-rows.js';

/**
 * Counts the rows that would go if no hold held them: in a dry run inside its snapshot, in a run once the others are gone. Null when the run
 * has to stop, or the count fails: what was deleted is none the less.
 */
export async function countHeld(
  { isDryRun, limits, run }: Pick<CleanupContext, 'isDryRun' | 'limits' | 'run'>,
  queryRunner: QueryRunner,
  heaps: readonly HeapOfTarget[],
): Promise<number | null> {
  const count = async (): Promise<number> => {
    let rows = 0;
    for (const { held, ...heap } of heaps) {
      if (held !== undefined) {
        for await (const slice of countInHeap(queryRunner, { ...heap, due: held }, { signal: run.signal })) {
          rows += slice.rows;
        }
      }
    }
    return rows;
  };
  const rows = isDryRun
    ? await count()
    : await run.keepAlive(() => inTransaction(queryRunner, readOnlyMode(limits), count)).catch(() => null);
  return run.signal.aborted ? null : rows;
}
