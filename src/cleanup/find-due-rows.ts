import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { assertBatchable } from '../batches/assert-batchable.js';
import type { DueRowsOfHeap } from '../batches/choose-walk.js';
import { attachedTo } from '../database/attached-objects.js';
import type { SqlFragment } from '../database/sql-statement.js';
import { findStoredTable, type StoredTable } from '../database/stored-table.js';
import type { HoldPlan } from '../holds/hold-planner.js';
import type { CleanupContext } from './cleanup-context.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import { ruledTable } from './ruled-table.js';
import { runCutoffs } from './run-cutoffs.js';
import { ageConditions, ageProperties, duePredicate, requiredColumns } from './targets/due-predicate.js';
import { ruleKind } from './targets/rule-kind.js';
import { type RuledTable, ruleProperties } from './targets/rule-matches.js';
import { ruledPredicate } from './targets/rule-predicate.js';

/** A target's table and the due rows in each of its heaps. */
export interface DueRows {
  readonly stored: StoredTable;
  readonly heaps: readonly HeapOfTarget[];
  readonly holds: HoldPlan;
  /** Undefined of a target without retention rules. */
  readonly ruled?: RuledTable;
}

/** The rows of one heap that are to be deleted, and those that would be if no hold held them; undefined when none can. */
export interface HeapOfTarget extends DueRowsOfHeap {
  readonly held: SqlFragment | undefined;
}

/**
 * Looks at a target's table and says which rows are due in each of its heaps; undefined when there is no such table.
 *
 * @throws {MaintenanceError} `NOT_A_TABLE`, `ROW_SECURITY`, `COLUMN_MISSING`, `COLUMN_TYPE` or `RETENTION_RULE` when deleting from it would
 * not be safe
 */
export async function findDueRows(
  { tableOf, holds, ...terms }: Pick<CleanupContext, 'tableOf' | 'runAt' | 'policy' | 'membersOf' | 'holds'>,
  target: AnyCleanupTarget,
  queryRunner: QueryRunner,
): Promise<DueRows | undefined> {
  const table = tableOf(target);
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    return undefined;
  }
  const ruled = ruledTable(terms, target, table, stored);
  const named = ruleProperties(target, ruled?.rules ?? []).map((property) => ({ property, type: undefined }));
  const columns = [...requiredColumns(target.dueWhen), ...named];
  assertBatchable(stored, { table, columns, consequence: 'Nothing is deleted from it' });
  const plan = await holds.plan(queryRunner, { ...target, table }, stored);
  const byRetention =
    ruled === undefined
      ? duePredicate(target.dueWhen, table, runCutoffs(terms.runAt, terms.policy))
      : ruledPredicate(ruled, ageConditions(target.dueWhen));
  const ageColumns = ageProperties(target.dueWhen).map((property) => table.column(property));
  const escape = pg.escapeIdentifier;
  const heaps = stored.heaps.map((heap) => ({
    heap,
    ...withoutHeld(byRetention, plan),
    estimatedBy: byRetention,
    ...(ruled === undefined ? {} : { kind: ruleKind(ruled) }),
    attached: attachedTo(stored.attached, 'delete', heap),
    ageColumns,
    escape,
  }));
  return { stored, heaps, holds: plan, ...(ruled === undefined ? {} : { ruled }) };
}

/** A hold goes before any retention. */
function withoutHeld(byRetention: SqlFragment, { heldWhole, notHeld }: HoldPlan): Pick<HeapOfTarget, 'due' | 'held'> {
  if (heldWhole.length > 0) {
    return { due: () => 'false', held: byRetention };
  }
  return notHeld === undefined
    ? { due: byRetention, held: undefined }
    : {
        due: (bind) => `${byRetention(bind)} and ${notHeld(bind)}`,
        held: (bind) => `${byRetention(bind)} and not ${notHeld(bind)}`,
      };
}
