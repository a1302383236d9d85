import type { DataSource, QueryRunner } from 'typeorm';
import type { Instant } from '../database/instant.js';
import type { MappedTable } from '../database/mapped-table.js';
import { inTransaction } from '../database/short-transaction.js';
import type { CompanionConnection } from '../database/walk/walk-companion.js';
import type { CleanupSettings } from '../options/maintenance-options.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import { isInterruption } from '../tasks/interruption.js';
import type { TaskStatus } from '../tasks/task-report.js';
import type { CleanupProgressListener } from './cleanup-progress.js';
import type { CleanupTargetReport, SkipReason } from './cleanup-report.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import { CleanupTally } from './cleanup-tally.js';
import type { DueRowsOfHeap } from './deletion/choose-walk.js';
import { countInHeap } from './deletion/count-in-heap.js';
import type { DeletionConduct } from './deletion/delete-from-heap.js';
import { deleteFromHeap, lookingMode } from './deletion/delete-from-heap.js';
import { prepareTarget } from './prepare-target.js';
import { runCutoffs } from './run-cutoffs.js';
import { targetFailure } from './target-failure.js';

/** Everything that stays the same over the targets of one run. */
export interface CleanupRun {
  readonly dataSource: DataSource;
  readonly runAt: Instant;
  readonly policy: CompleteRetentionPolicy;
  readonly isDryRun: boolean;
  readonly settings: Readonly<Required<CleanupSettings>>;
  readonly tableOf: (target: AnyCleanupTarget) => MappedTable;
  readonly isStopping: () => boolean;
  /** See {@link ActiveRun.checkpoint}. */
  readonly checkpoint: (queryRunner: QueryRunner) => Promise<void>;
  readonly companion: CompanionConnection;
  readonly onProgress: CleanupProgressListener;
}

/** Works on one target and reports on it; never throws, so that one target's failure leaves the others running. */
export async function cleanTarget(
  run: CleanupRun,
  target: AnyCleanupTarget,
  queryRunner: QueryRunner,
): Promise<CleanupTargetReport> {
  if (run.isStopping()) {
    return emptyReport(run, target, 'stopped');
  }
  const retentionDays = retentionDaysOf(run, target);
  if (retentionDays === 0) {
    return emptyReport(run, target, 'kept-forever');
  }
  const tally = new CleanupTally();
  const base = { name: target.name, cutoff: cutoffOf(run, target), retentionDays };
  try {
    const heaps = await lookAt(run, target, queryRunner);
    if (heaps === undefined) {
      return emptyReport(run, target, 'table-not-found');
    }
    const status = await workThrough(run, { target, heaps, queryRunner, tally });
    return { ...base, status, ...tally.figures() };
  } catch (error) {
    return isInterruption(error, run.isStopping())
      ? { ...base, status: 'stopped', ...tally.figures() }
      : { ...base, status: 'failed', ...tally.figures(), error: targetFailure(error, tally.rows) };
  }
}

/** In a transaction of its own, unless the dry run's snapshot is open already. */
async function lookAt(
  run: CleanupRun,
  target: AnyCleanupTarget,
  queryRunner: QueryRunner,
): ReturnType<typeof prepareTarget> {
  const prepare = (): ReturnType<typeof prepareTarget> =>
    prepareTarget({
      dataSource: run.dataSource,
      queryRunner,
      target,
      table: run.tableOf(target),
      cutoffs: runCutoffs(run.runAt, run.policy),
    });
  return run.isDryRun ? prepare() : inTransaction(queryRunner, lookingMode(run.settings), prepare);
}

interface TargetWork {
  readonly target: AnyCleanupTarget;
  readonly heaps: readonly DueRowsOfHeap[];
  readonly queryRunner: QueryRunner;
  readonly tally: CleanupTally;
}

async function workThrough(run: CleanupRun, { target, heaps, queryRunner, tally }: TargetWork): Promise<TaskStatus> {
  const totalPages = heaps.reduce((sum, { heap }) => sum + heap.pages, 0);
  let pagesBehind = 0;
  for (const rows of heaps) {
    const parts = run.isDryRun
      ? countInHeap(queryRunner, rows, run.isStopping)
      : deleteFromHeap(queryRunner, rows, conductOf(run));
    let fraction = shareOf(pagesBehind, totalPages);
    for await (const part of parts) {
      tally.add(part);
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
    if (run.isStopping() && fraction < 1) {
      return 'stopped';
    }
  }
  return 'succeeded';
}

function shareOf(pages: number, totalPages: number): number {
  return totalPages === 0 ? 1 : pages / totalPages;
}

function conductOf({ settings, checkpoint, companion, isStopping }: CleanupRun): DeletionConduct {
  return { limits: { ...settings, checkpoint }, companion, isStopping };
}

function emptyReport(run: CleanupRun, target: AnyCleanupTarget, skipReason: SkipReason): CleanupTargetReport {
  return {
    name: target.name,
    status: skipReason === 'stopped' ? 'stopped' : 'skipped',
    rows: 0,
    lockedRows: 0,
    cutoff: skipReason === 'kept-forever' ? null : cutoffOf(run, target),
    retentionDays: retentionDaysOf(run, target),
    strategy: null,
    batches: 0,
    longestBatchMs: 0,
    durationMs: 0,
    skipReason,
  };
}

function retentionDaysOf({ policy }: CleanupRun, target: AnyCleanupTarget): number | null {
  return 'retention' in target && target.retention !== undefined ? policy[target.retention.option] : null;
}

function cutoffOf({ runAt, policy }: CleanupRun, target: AnyCleanupTarget): Instant {
  return runCutoffs(runAt, policy)(target.retention?.option ?? 'expiredGraceMinutes').instant;
}
