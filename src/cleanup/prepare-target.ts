import type { DataSource, QueryRunner } from 'typeorm';
import type { MappedTable } from '../database/mapped-table.js';
import type { StoredTable } from '../database/stored-table.js';
import { findStoredTable } from '../database/stored-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { DueRowsOfHeap } from './deletion/choose-walk.js';
import type { CleanupTarget, DueCondition } from './targets/define-cleanup-target.js';
import type { RunCutoffs } from './targets/due-predicate.js';
import { ageProperties, duePredicate, requiredColumns } from './targets/due-predicate.js';

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
  assertWalkable(stored);
  assertColumns(target.dueWhen, table, stored);
  const due = duePredicate(target.dueWhen, table, cutoffs);
  const ageColumns = ageProperties(target.dueWhen).map((property) => table.column(property));
  return stored.heaps.map((heap) => ({ heap, due, ageColumns, escape: (column) => dataSource.driver.escape(column) }));
}

function assertWalkable({ heapless }: StoredTable): void {
  const [part] = heapless;
  if (part !== undefined) {
    throw new MaintenanceError(
      'NOT_A_TABLE',
      `${part.sqlName} is a ${part.kind}, which cannot be cleaned safely: map the entity to the table behind it. Nothing was deleted from it`,
      { context: { ...part } },
    );
  }
}

/** A `timestamp` without zone would be compared in whatever zone the session has: rows could go hours early. */
function assertColumns(condition: DueCondition, table: MappedTable, stored: StoredTable): void {
  for (const { property, type } of requiredColumns(condition)) {
    const column = table.column(property);
    const found = stored.columnTypes.get(column);
    if (found === undefined) {
      throw new MaintenanceError(
        'COLUMN_MISSING',
        `${table.tableName} has no column ${column}. Nothing was deleted from it`,
      );
    }
    if (type !== undefined && found !== type) {
      throw new MaintenanceError(
        'COLUMN_TYPE',
        `${table.tableName}.${column} is ${found}, ${type} is needed to judge it safely. Nothing was deleted from it`,
      );
    }
  }
}
