import { failure } from '../contract/task-report.js';
import type { QueryRunner } from 'typeorm';
import { TableChangedError } from '../batches/table-changed.error.js';
import type { AttachedObject } from '../database/attached-objects.js';
import { inTransaction, readOnlyMode } from '../database/short-transaction.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { HoldsChangedError } from '../errors/hold.errors.js';
import { isInterruption } from '../tasks/interruption.js';
import { countOf } from '../text/format.js';
import { assertAcknowledged, isAcknowledged, keepersOf, listOf } from '../batches/acknowledgement.js';
import { cleanHeaps } from './clean-heaps.js';
import type { CleanupContext } from './cleanup-context.js';
import { type CleanupTargetReport, skippedTargetReport } from './cleanup-report.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import type { CompleteCleanupSettings } from './cleanup-settings.js';
import { CleanupTally } from './cleanup-tally.js';
import { countHeld } from './count-held.js';
import { findDueRows } from './find-due-rows.js';
import { brakeAhead, checkBrakes } from './limits/check-brakes.js';
import { probeRules } from './probe-rules.js';
import { countedRules } from './rule-report.js';
import { cutoffOf, isKeptForever, retentionDaysOf } from './run-cutoffs.js';
import { isOwnTarget } from './targets/define-cleanup-target.js';
import { targetFailure } from './target-failure.js';

/** A table that changes more often than this during a run is left to the next one. */
const MAX_TABLE_CHANGES = 10;

const HOLDS_UNREADABLE =
  'The role may not read all of the legal holds: grant select on holds and hold_subjects, without row level security. Nothing is deleted';

/** Holds of new kinds that keep coming before a single batch of a target goes through. */
const MAX_PLANS_IN_VAIN = 1_000;

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
  if (isKeptForever(context, target)) {
    return skippedTargetReport(context, target, 'kept-forever');
  }
  const tally = new CleanupTally();
  const doubtsBefore = run.uncertainties;
  const ending = await endingOf(context, target, tally, snapshot);
  if (ending === 'table-not-found') {
    return skippedTargetReport(context, target, ending);
  }
  if (ending === 'held') {
    const { heldRows, heldWhole } = tally;
    return { ...skippedTargetReport(context, target, ending), heldRows, heldWhole };
  }
  const { status, ...reason } = ending;
  return {
    name: target.name,
    cutoff: cutoffOf(context, target),
    retentionDays: retentionDaysOf(context, target),
    status,
    ...tally.counts(),
    ...countedRules(context, target, tally),
    isUncertain: run.uncertainties > doubtsBefore,
    ...reason,
  };
}

async function endingOf(
  context: CleanupContext,
  target: AnyCleanupTarget,
  tally: CleanupTally,
  snapshot: QueryRunner | undefined,
): Promise<Ending | 'table-not-found' | 'held'> {
  const { run } = context;
  const clean = async (queryRunner: QueryRunner): ReturnType<typeof endingOf> => {
    try {
      return await cleanOver(queryRunner, context, target, tally);
    } finally {
      if (tally.rows > 0 && !context.isDryRun) {
        await run.settle(queryRunner);
      }
    }
  };
  try {
    tally.total = await checkBrakes(context, target);
    if (run.signal.aborted) {
      return { status: 'stopped' };
    }
    return await (snapshot === undefined ? run.withQueryRunner(clean) : clean(snapshot));
  } catch (error) {
    return isInterruption(error, run.signal)
      ? { status: 'stopped' }
      : { status: 'failed', error: targetFailure(error) };
  }
}

async function cleanOver(
  queryRunner: QueryRunner,
  context: CleanupContext,
  target: AnyCleanupTarget,
  tally: CleanupTally,
): Promise<Ending | 'table-not-found' | 'held'> {
  const look = async (): ReturnType<typeof findDueRows> => {
    const found = await findDueRows(context, target, queryRunner);
    if (found !== undefined) {
      assertAcknowledged(found.stored.attached, 'delete', context.settings, 'Nothing is deleted from it');
      if (!isOwnTarget(target)) {
        await context.assertOwner(queryRunner, found.stored);
      }
    }
    return found;
  };
  let [plansInVain, rowsBefore] = [0, 0];
  for (;;) {
    // A dry run's snapshot is open already.
    const found = await (context.isDryRun ? look() : inTransaction(queryRunner, readOnlyMode(context.limits), look));
    if (found === undefined) {
      const error = context.isDryRun
        ? undefined
        : await context.vanished(queryRunner, target, tally.tableChanges.length > 0);
      return error === undefined ? 'table-not-found' : { status: 'failed', error };
    }
    const { stored, heaps, holds } = found;
    tally.heldWhole = holds.heldWhole;
    try {
      if (!holds.areKnown && !context.isDryRun) {
        throw new MaintenanceError('PERMISSION_DENIED', HOLDS_UNREADABLE);
      }
      if (holds.isUnresolved && !context.isDryRun) {
        throw new HoldsChangedError();
      }
      const limits = { ...context.limits, gate: holds.gate, fixedBatchMs: holds.lookUpMs };
      const isWhole = holds.heldWhole.length > 0;
      const status = isWhole
        ? 'succeeded'
        : await cleanHeaps({ ...context, limits }, target, { queryRunner, heaps, tally });
      if (status !== 'succeeded') {
        return { status };
      }
      if (found.ruled !== undefined) {
        tally.matches = await probeRules(context, queryRunner, found.ruled, tally);
      }
      tally.heldRows = holds.areKnown ? await countHeld(context, queryRunner, heaps) : null;
      if (isWhole && tally.rows === 0) {
        return 'held';
      }
      const brake = await brakeAhead(context, queryRunner, heaps, tally.rows);
      return { ...nameRemainder(context.settings, stored.attached, tally), ...(brake === undefined ? {} : { brake }) };
    } catch (error) {
      if (error instanceof HoldsChangedError && (plansInVain += 1) < MAX_PLANS_IN_VAIN) {
        plansInVain = tally.rows > rowsBefore ? 0 : plansInVain;
        rowsBefore = tally.rows;
        await context.holds.refresh(queryRunner);
        tally.beginAnew([]);
      } else {
        recordChange(error, context, tally);
      }
    }
  }
}

/** A table that changed is looked at anew: it may be walked again, be no part of the target any more, or have to be refused. */
function recordChange(error: unknown, { isDryRun }: Pick<CleanupContext, 'isDryRun'>, tally: CleanupTally): void {
  // The snapshot of a dry run ends with the statement that failed.
  if (!(error instanceof TableChangedError) || isDryRun || tally.tableChanges.length >= MAX_TABLE_CHANGES) {
    throw error;
  }
  tally.beginAnew([error.sqlName]);
}

/** Due rows that nobody held are left, and each has to have a name: what did not go for no known reason is a failure. */
function nameRemainder(
  settings: CompleteCleanupSettings,
  attached: readonly AttachedObject[],
  { keptRows, referenced, referencedRows }: CleanupTally,
): Ending {
  const keepers = keepersOf(attached);
  const unlisted = keepers.filter((keeper) => !isAcknowledged(keeper, attached, settings));
  if (keptRows > 0 && (unlisted.length > 0 || keepers.length === 0)) {
    const culprits =
      keepers.length === 0
        ? 'no trigger or rule that would keep them is to be seen'
        : `kept by the ${unlisted.map(({ kind, name }) => `${kind} ${name}`).join(' or the ')}. Where that is meant, list it in the ` +
          `option cleanup.acknowledge: ${listOf(unlisted)}`;
    const message = `${countOf(keptRows, 'due row')} stayed although nobody held them: ${culprits}`;
    return { status: 'failed', error: failure('ROWS_KEPT', message) };
  }
  if (referencedRows > settings.maxReferencedRows) {
    const message =
      `${countOf(referencedRows, 'due row')} stayed, as rows of ${[...referenced.keys()].join(', ')} refer to them, ` +
      `more than cleanup.maxReferencedRows allows (${settings.maxReferencedRows})`;
    return { status: 'partial', error: failure('ROWS_REFERENCED', message) };
  }
  return { status: 'succeeded' };
}
