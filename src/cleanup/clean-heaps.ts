import type { QueryRunner } from 'typeorm';
import type { DueRowsOfHeap } from '../batches/choose-walk.js';
import type { TaskStatus } from '../contract/task-report.js';
import type { CleanupContext } from './cleanup-context.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import type { CleanupTally } from './cleanup-tally.js';
import { countInHeap } from './deletion/count-in-heap.js';
import { deleteFromHeap } from './deletion/delete-from-heap.js';
import { excessOf } from './limits/check-brakes.js';

/**
 * Deletes a target's due rows heap by heap, or counts them, and adds them to the tally.
 *
 * @throws {BrakeError} when more than a brake allows came to be deleted, as rows became due meanwhile
 */
export async function cleanHeaps(
  context: CleanupContext,
  target: AnyCleanupTarget,
  { queryRunner, heaps, tally }: { queryRunner: QueryRunner; heaps: readonly DueRowsOfHeap[]; tally: CleanupTally },
): Promise<TaskStatus> {
  const { isDryRun, run, budget } = context;
  const totalPages = heaps.reduce((sum, { heap }) => sum + heap.pages, 0);
  const exceeded = new AbortController();
  const signal = AbortSignal.any([run.signal, exceeded.signal]);
  let pagesBehind = 0;
  for (const rows of heaps) {
    let fraction = shareOf(pagesBehind, totalPages);
    tally.beginHeap();
    const parts = isDryRun
      ? countInHeap(queryRunner, rows, { signal })
      : deleteFromHeap(context, queryRunner, rows, signal, () => tally.beginWalk());
    for await (const part of parts) {
      tally.add(part);
      // The batches of two connections may come out of order.
      fraction = Math.max(fraction, shareOf(pagesBehind + part.fraction * rows.heap.pages, totalPages));
      publish(context, target, part, { rows: tally.rows, fraction, elapsedMs: tally.elapsedMs });
      budget.afterBatch();
      const excess = excessOf(context, tally);
      if (excess !== undefined) {
        exceeded.abort(excess);
      }
    }
    pagesBehind += rows.heap.pages;
    // Said anew: batches that were in flight have added to it.
    const excess = excessOf(context, tally);
    if (excess !== undefined) {
      throw excess;
    }
    if (signal.aborted && fraction < 1) {
      return 'stopped';
    }
  }
  return 'succeeded';
}

/** A part that was only counted took no batch. */
function publish(
  { onBatch, progress }: Pick<CleanupContext, 'onBatch' | 'progress'>,
  { name: target }: AnyCleanupTarget,
  part: { readonly rows: number; readonly durationMs?: number },
  { rows, fraction, elapsedMs }: { readonly rows: number; readonly fraction: number; readonly elapsedMs: number },
): void {
  if (part.durationMs !== undefined) {
    onBatch({ target, rows: part.rows, durationMs: part.durationMs });
  }
  const remainingMs = fraction === 0 ? null : Math.round((elapsedMs * (1 - fraction)) / fraction);
  progress.step({ target, rows, fraction, remainingMs });
}

function shareOf(pages: number, totalPages: number): number {
  return totalPages === 0 ? 1 : pages / totalPages;
}
