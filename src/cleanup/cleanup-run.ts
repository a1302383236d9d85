import type { DataSource, QueryRunner } from 'typeorm';
import type { SpareConnection } from '../batches/second-connection.js';
import type { MappedTable } from '../database/mapped-table.js';
import { inTransaction, readOnlyMode } from '../database/short-transaction.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { isInterruption } from '../tasks/interruption.js';
import { type CleanupTargetReport, skippedTargetReport } from './cleanup-report.js';
import type { AnyCleanupTarget, CleanupProgressListener } from './cleanup-request.js';
import type { CleanupSettings } from './cleanup-settings.js';
import { CleanupTally } from './cleanup-tally.js';
import type { DeletedBatch } from './cleanup-telemetry.js';
import type { BrakeLimits } from './limits/brake.js';
import { brakeAhead, checkBrakes } from './limits/check-brakes.js';
import { prepareTargetOf } from './prepare-target.js';
import { cutoffOf, retentionDaysOf, type RunTerms } from './run-cutoffs.js';
import { targetFailure } from './target-failure.js';
import { workThrough } from './work-through.js';

/** Everything that stays the same over the targets of one run. */
export interface CleanupRun extends RunTerms {
  readonly dataSource: DataSource;
  readonly isDryRun: boolean;
  readonly settings: Readonly<Required<CleanupSettings>>;
  /** What a target may lose; without limits when the run is forced. */
  readonly brakes: BrakeLimits;
  readonly tableOf: (target: AnyCleanupTarget) => MappedTable;
  readonly isStopping: () => boolean;
  readonly signal: AbortSignal;
  /** A connection of a target's own, or that of the dry run's snapshot. */
  readonly withQueryRunner: ActiveRun['withQueryRunner'];
  /** See {@link ActiveRun.keepAlive}. */
  readonly keepAlive: ActiveRun['keepAlive'];
  /** See {@link ActiveRun.beforeBatch}; pauses before it when a pause is due. */
  readonly beforeBatch: (queryRunner: QueryRunner) => Promise<void>;
  /** To be called after each batch. */
  readonly countBatch: () => void;
  readonly companion: SpareConnection;
  readonly onProgress: CleanupProgressListener;
  /** Told of each committed batch; never throws. */
  readonly onBatch: (batch: DeletedBatch) => void;
}

/** Works on one target and reports on it; never throws, so that one target's failure leaves the others running. */
export async function cleanTarget(run: CleanupRun, target: AnyCleanupTarget): Promise<CleanupTargetReport> {
  if (run.isStopping()) {
    return skippedTargetReport(run, target, 'stopped');
  }
  const retentionDays = retentionDaysOf(run, target);
  if (retentionDays === 0) {
    return skippedTargetReport(run, target, 'kept-forever');
  }
  const tally = new CleanupTally();
  const base = { name: target.name, cutoff: cutoffOf(run, target), retentionDays };
  try {
    return await cleanWithin(run, { target, tally, base });
  } catch (error) {
    return isInterruption(error, run.signal)
      ? { ...base, status: 'stopped', ...tally.figures() }
      : { ...base, status: 'failed', ...tally.figures(), error: targetFailure(error, tally.rows) };
  }
}

interface TargetCourse {
  readonly target: AnyCleanupTarget;
  readonly tally: CleanupTally;
  readonly base: Pick<CleanupTargetReport, 'name' | 'cutoff' | 'retentionDays'>;
}

async function cleanWithin(run: CleanupRun, { target, tally, base }: TargetCourse): Promise<CleanupTargetReport> {
  const totalRows = await checkBrakes(run, target);
  if (run.isStopping()) {
    return { ...base, status: 'stopped', ...tally.figures() };
  }
  return run.withQueryRunner(async (queryRunner) => {
    const heaps = await lookAt(run, target, queryRunner);
    if (heaps === undefined) {
      return skippedTargetReport(run, target, 'table-not-found');
    }
    const status = await workThrough(run, { target, heaps, queryRunner, tally, totalRows });
    const brake =
      status === 'succeeded' ? await brakeAhead(run, { queryRunner, heaps, dueRows: tally.rows }) : undefined;
    return { ...base, status, ...tally.figures(), ...(brake === undefined ? {} : { brake }) };
  });
}

/** In a transaction of its own, unless the dry run's snapshot is open already. */
async function lookAt(
  run: CleanupRun,
  target: AnyCleanupTarget,
  queryRunner: QueryRunner,
): ReturnType<typeof prepareTargetOf> {
  const look = (): ReturnType<typeof prepareTargetOf> => prepareTargetOf(run, target, queryRunner);
  return run.isDryRun ? look() : inTransaction(queryRunner, readOnlyMode(run.settings), look);
}
