import type { QueryRunner } from 'typeorm';
import { inTransaction, readOnlyMode } from '../database/short-transaction.js';
import { isInterruption } from '../tasks/interruption.js';
import { cleanHeaps } from './clean-heaps.js';
import type { CleanupContext } from './cleanup-context.js';
import { type CleanupTargetReport, skippedTargetReport } from './cleanup-report.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import { CleanupTally } from './cleanup-tally.js';
import { findDueRows } from './find-due-rows.js';
import { brakeAhead, checkBrakes } from './limits/check-brakes.js';
import { cutoffOf, retentionDaysOf } from './run-cutoffs.js';
import { targetFailure } from './target-failure.js';

type Ending = Pick<CleanupTargetReport, 'status' | 'brake' | 'error'>;

/**
 * Cleans one target and reports on it, over a connection of its own or, in a dry run, over that of the snapshot. Never throws, so that one
 * target's failure leaves the others running.
 */
export async function cleanTarget(
  context: CleanupContext,
  target: AnyCleanupTarget,
  snapshot?: QueryRunner,
): Promise<CleanupTargetReport> {
  const { run, budget } = context;
  budget.check();
  if (run.signal.aborted) {
    return skippedTargetReport(context, target, 'stopped');
  }
  const retentionDays = retentionDaysOf(context, target);
  if (retentionDays === 0) {
    return skippedTargetReport(context, target, 'kept-forever');
  }
  const tally = new CleanupTally();
  const ending = await endingOf(context, target, tally, snapshot);
  if (ending === 'table-not-found') {
    return skippedTargetReport(context, target, ending);
  }
  const { status, ...reason } = ending;
  return { name: target.name, cutoff: cutoffOf(context, target), retentionDays, status, ...tally.counts(), ...reason };
}

async function endingOf(
  context: CleanupContext,
  target: AnyCleanupTarget,
  tally: CleanupTally,
  snapshot: QueryRunner | undefined,
): Promise<Ending | 'table-not-found'> {
  const { run } = context;
  const clean = (queryRunner: QueryRunner): ReturnType<typeof endingOf> =>
    cleanOver(queryRunner, context, target, tally);
  try {
    tally.total = await checkBrakes(context, target);
    if (run.signal.aborted) {
      return { status: 'stopped' };
    }
    return await (snapshot === undefined ? run.withQueryRunner(clean) : clean(snapshot));
  } catch (error) {
    return isInterruption(error, run.signal)
      ? { status: 'stopped' }
      : { status: 'failed', error: targetFailure(error, tally.rows) };
  }
}

async function cleanOver(
  queryRunner: QueryRunner,
  context: CleanupContext,
  target: AnyCleanupTarget,
  tally: CleanupTally,
): Promise<Ending | 'table-not-found'> {
  const look = (): ReturnType<typeof findDueRows> => findDueRows(context, target, queryRunner);
  // A dry run's snapshot is open already.
  const heaps = await (context.isDryRun ? look() : inTransaction(queryRunner, readOnlyMode(context.limits), look));
  if (heaps === undefined) {
    return 'table-not-found';
  }
  const status = await cleanHeaps(context, target, { queryRunner, heaps, tally });
  const brake = status === 'succeeded' ? await brakeAhead(context, queryRunner, heaps, tally.rows) : undefined;
  return { status, ...(brake === undefined ? {} : { brake }) };
}
