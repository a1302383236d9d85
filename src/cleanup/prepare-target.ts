import type { DataSource, QueryRunner } from 'typeorm';
import { assertBatchable } from '../batches/assert-batchable.js';
import type { DueRowsOfHeap } from '../batches/choose-walk.js';
import type { MappedTable } from '../database/mapped-table.js';
import { findStoredTable } from '../database/stored-table.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import type { CleanupRun } from './cleanup-run.js';
import { runCutoffs } from './run-cutoffs.js';
import type { CleanupTarget } from './targets/define-cleanup-target.js';
import { ageProperties, duePredicate, requiredColumns, type RunCutoffs } from './targets/due-predicate.js';

/** What is needed to find a target's due rows. */
export interface TargetPreparation {
  readonly dataSource: DataSource;
  readonly queryRunner: QueryRunner;
  readonly target: CleanupTarget;
  readonly table: MappedTable;
  readonly cutoffs: RunCutoffs;
}

/**
 * Looks at a target's table and says what is due in each of its heaps; undefined when there is no such table.
 *
 * @throws {MaintenanceError} `NOT_A_TABLE`, `COLUMN_MISSING` or `COLUMN_TYPE` when deleting from it would not be safe
 */
export async function prepareTarget(preparation: TargetPreparation): Promise<readonly DueRowsOfHeap[] | undefined> {
  const { dataSource, queryRunner, target, table, cutoffs } = preparation;
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    return undefined;
  }
  assertBatchable(stored, {
    table,
    columns: requiredColumns(target.dueWhen),
    consequence: 'Nothing was deleted from it',
  });
  const due = duePredicate(target.dueWhen, table, cutoffs);
  const ageColumns = ageProperties(target.dueWhen).map((property) => table.column(property));
  return stored.heaps.map((heap) => ({ heap, due, ageColumns, escape: (column) => dataSource.driver.escape(column) }));
}

/** As {@link prepareTarget}, for a target of a run. */
export async function prepareTargetOf(
  { dataSource, tableOf, runAt, policy }: Pick<CleanupRun, 'dataSource' | 'tableOf' | 'runAt' | 'policy'>,
  target: AnyCleanupTarget,
  queryRunner: QueryRunner,
): ReturnType<typeof prepareTarget> {
  return prepareTarget({ dataSource, queryRunner, target, table: tableOf(target), cutoffs: runCutoffs(runAt, policy) });
}
