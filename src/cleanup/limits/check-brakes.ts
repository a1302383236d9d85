import type { QueryRunner } from 'typeorm';
import type { DueRowsOfHeap } from '../../batches/choose-walk.js';
import { inTransaction, snapshotMode } from '../../database/short-transaction.js';
import type { CleanupContext } from '../cleanup-context.js';
import type { AnyCleanupTarget } from '../cleanup-request.js';
import { findDueRows } from '../find-due-rows.js';
import { BrakeError } from './brake.error.js';
import { brakeFor, type CleanupBrake, hasBrakes, type TargetLoss } from './brake.js';
import { countLoss } from './count-loss.js';

/**
 * Refuses a target that would lose more than the brakes allow, counted in one read-only snapshot. Answers the rows of its table; null when
 * no brake needs them, or there is no such table. Does nothing in a dry run or without brakes.
 *
 * @throws {BrakeError} when it would; nothing was deleted
 */
export async function checkBrakes(context: CleanupContext, target: AnyCleanupTarget): Promise<number | null> {
  const { isDryRun, brakes, run, budget } = context;
  if (isDryRun || !hasBrakes(brakes)) {
    return null;
  }
  // Counting a large table may outlast a lease, and the snapshot's own connection cannot renew it.
  const loss = await run.keepAlive(() => lossOf(context, target));
  budget.check();
  const brake = brakeFor(loss, brakes);
  if (brake !== undefined && !run.signal.aborted) {
    throw BrakeError.refusal(brake, loss, brakes);
  }
  return loss.total;
}

/** The brake that would refuse the target whose due rows a dry run has counted, inside its snapshot; undefined when none would. */
export async function brakeAhead(
  context: Pick<CleanupContext, 'isDryRun' | 'brakes' | 'run' | 'budget'>,
  queryRunner: QueryRunner,
  heaps: readonly DueRowsOfHeap[],
  dueRows: number,
): Promise<CleanupBrake | undefined> {
  const { isDryRun, brakes, run, budget } = context;
  if (!isDryRun || !hasBrakes(brakes)) {
    return undefined;
  }
  const loss =
    brakes.maxFractionPerTarget > 0 ? await countLoss(context, queryRunner, heaps) : { rows: dueRows, total: null };
  budget.check();
  return run.signal.aborted ? undefined : brakeFor(loss, brakes);
}

/** The end of a deletion that has taken more than a brake allows, whatever was counted before; undefined while it has not. */
export function excessOf(
  { isDryRun, brakes }: Pick<CleanupContext, 'isDryRun' | 'brakes'>,
  loss: TargetLoss,
): BrakeError | undefined {
  const brake = isDryRun ? undefined : brakeFor(loss, brakes);
  return brake === undefined ? undefined : BrakeError.excess(brake, loss, brakes);
}

async function lossOf(context: CleanupContext, target: AnyCleanupTarget): Promise<TargetLoss> {
  return context.run.withQueryRunner((queryRunner) =>
    inTransaction(queryRunner, snapshotMode(context.limits), async () => {
      const found = await findDueRows(context, target, queryRunner);
      return found === undefined ? { rows: 0, total: null } : countLoss(context, queryRunner, found.heaps);
    }),
  );
}
