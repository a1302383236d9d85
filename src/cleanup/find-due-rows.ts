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
import { retentionOf, retentionOfDays, rulesOf } from './run-cutoffs.js';
import { ageConditions, ageProperties, duePredicate, requiredColumns } from './targets/due-predicate.js';
import {
  type OrganizationMembers,
  ruledPredicate,
  type RuledTable,
  ruleKind,
  ruleProperties,
} from './targets/rule-predicate.js';

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
  const rules = rulesOf(terms, target);
  const named = ruleProperties(target, rules).map((property) => ({ property, type: undefined }));
  const columns = [...requiredColumns(target.dueWhen), ...named];
  assertBatchable(stored, { table, columns, consequence: 'Nothing is deleted from it' });
  const plan = await holds.plan(queryRunner, { ...target, table }, stored);
  const byDefault = retentionOf(terms);
  const ruled: RuledTable | undefined =
    rules.length === 0
      ? undefined
      : {
          target,
          table,
          columnTypes: stored.columnTypes,
          rules,
          membersOf: terms.membersOf ?? NO_MEMBERS,
          byDefault,
          ofDays: (days) => retentionOfDays(terms.runAt, days),
        };
  const byRetention =
    ruled === undefined
      ? duePredicate(target.dueWhen, table, byDefault.cutoffs)
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

const NO_MEMBERS = (): OrganizationMembers => ({ users: [], agentTokens: [] });
