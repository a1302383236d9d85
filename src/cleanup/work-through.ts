import type { QueryRunner } from 'typeorm';
import type { DueRowsOfHeap } from '../batches/choose-walk.js';
import type { TaskStatus } from '../contract/task-report.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import type { CleanupRun } from './cleanup-run.js';
import type { CleanupTally } from './cleanup-tally.js';
import { countInHeap } from './deletion/count-in-heap.js';
import { deleteFromHeap, type DeletionConduct } from './deletion/delete-from-heap.js';
import { BrakeError } from './limits/brake.error.js';
import { brakeFor, type CleanupBrake, NO_BRAKES } from './limits/brake.js';

/** A target at work. */
export interface TargetWork {
  readonly target: AnyCleanupTarget;
  readonly heaps: readonly DueRowsOfHeap[];
  readonly queryRunner: QueryRunner;
  readonly tally: CleanupTally;
  /** The rows of the table before the deletion; null when they were not counted. */
  readonly totalRows: number | null;
}

/**
 * Deletes a target's due rows heap by heap, or counts them, and adds them to the tally.
 *
 * @throws {BrakeError} when more than a brake allows came to be deleted, as rows became due meanwhile
 */
export async function workThrough(run: CleanupRun, work: TargetWork): Promise<TaskStatus> {
  const { target, heaps, queryRunner, tally } = work;
  const totalPages = heaps.reduce((sum, { heap }) => sum + heap.pages, 0);
  const excess = (): CleanupBrake | undefined => excessOf(run, work);
  const isStopping = (): boolean => run.isStopping() || excess() !== undefined;
  let pagesBehind = 0;
  for (const rows of heaps) {
    const parts = run.isDryRun
      ? countInHeap(queryRunner, rows, { isStopping })
      : deleteFromHeap(queryRunner, rows, conductOf(run, isStopping));
    let fraction = shareOf(pagesBehind, totalPages);
    for await (const part of parts) {
      tally.add(part);
      run.countBatch();
      tellOfBatch(run, target, part);
      // Word of two connections' batches may come out of order.
      fraction = Math.max(fraction, shareOf(pagesBehind + part.fraction * rows.heap.pages, totalPages));
      run.onProgress({
        target: target.name,
        rows: tally.rows,
        fraction,
        remainingMs: fraction === 0 ? null : Math.round((tally.elapsedMs * (1 - fraction)) / fraction),
      });
    }
    pagesBehind += rows.heap.pages;
    assertNoExcess(excess(), run, work);
    if (isStopping() && fraction < 1) {
      return 'stopped';
    }
  }
  return 'succeeded';
}

/** Whatever was counted before, no more than a brake allows is deleted, but for the batches in flight. */
function excessOf(run: CleanupRun, { tally, totalRows }: TargetWork): CleanupBrake | undefined {
  return brakeFor({ rows: tally.rows, total: totalRows }, run.isDryRun ? NO_BRAKES : run.brakes);
}

function assertNoExcess(
  brake: CleanupBrake | undefined,
  { brakes }: CleanupRun,
  { tally, totalRows }: TargetWork,
): void {
  if (brake !== undefined) {
    throw BrakeError.excess(brake, { rows: tally.rows, total: totalRows }, brakes);
  }
}

/** A part that was only counted took no batch. */
function tellOfBatch(
  { onBatch }: CleanupRun,
  { name }: AnyCleanupTarget,
  { rows, durationMs }: { readonly rows: number; readonly durationMs?: number },
): void {
  if (durationMs !== undefined) {
    onBatch({ target: name, rows, durationMs });
  }
}

function shareOf(pages: number, totalPages: number): number {
  return totalPages === 0 ? 1 : pages / totalPages;
}

function conductOf(run: CleanupRun, isStopping: () => boolean): DeletionConduct {
  const { lockTimeoutMs, statementTimeoutMs, targetBatchMs } = run.settings;
  const limits = { lockTimeoutMs, statementTimeoutMs, targetBatchMs, beforeBatch: run.beforeBatch };
  return { limits, companion: run.companion, isStopping };
}
