import { inTransaction, snapshotMode } from '../../database/short-transaction.js';
import type { AnyCleanupTarget } from '../cleanup-request.js';
import type { CleanupRun } from '../cleanup-run.js';
import { prepareTargetOf } from '../prepare-target.js';
import { BrakeError } from './brake.error.js';
import { brakeFor, type CleanupBrake, hasBrakes, type TargetLoss } from './brake.js';
import { countLoss, type LossCount } from './count-loss.js';

/**
 * Refuses a target that would lose more than the brakes allow, counted in one read-only snapshot. Answers the rows of its table; null when
 * no brake needs them, or there is no such table. Does nothing in a dry run or without brakes.
 *
 * @throws {BrakeError} when it would; nothing was deleted
 */
export async function checkBrakes(run: CleanupRun, target: AnyCleanupTarget): Promise<number | null> {
  if (run.isDryRun || !hasBrakes(run.brakes)) {
    return null;
  }
  // Counting a large table may outlast a lease, and the snapshot's own connection cannot renew it.
  const loss = await run.keepAlive(() => lossOf(run, target));
  const brake = brakeFor(loss, run.brakes);
  if (brake !== undefined && !run.isStopping()) {
    throw BrakeError.refusal(brake, loss, run.brakes);
  }
  return loss.total;
}

/** The brake that would refuse the target whose due rows a dry run has counted, inside its snapshot; undefined when none would. */
export async function brakeAhead(
  run: CleanupRun,
  { queryRunner, heaps, dueRows }: Pick<LossCount, 'queryRunner' | 'heaps'> & { readonly dueRows: number },
): Promise<CleanupBrake | undefined> {
  const { isDryRun, isStopping, brakes: limits } = run;
  if (!isDryRun || !hasBrakes(limits)) {
    return undefined;
  }
  const loss =
    limits.maxFractionPerTarget > 0
      ? await countLoss({ queryRunner, heaps, limits, isStopping })
      : { rows: dueRows, total: null };
  return isStopping() ? undefined : brakeFor(loss, limits);
}

async function lossOf(run: CleanupRun, target: AnyCleanupTarget): Promise<TargetLoss> {
  return run.withQueryRunner((queryRunner) =>
    inTransaction(queryRunner, snapshotMode(run.settings), async () => {
      const heaps = await prepareTargetOf(run, target, queryRunner);
      return heaps === undefined
        ? { rows: 0, total: null }
        : countLoss({ queryRunner, heaps, limits: run.brakes, isStopping: run.isStopping });
    }),
  );
}
