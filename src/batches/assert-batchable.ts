import type { MappedTable } from '../database/mapped-table.js';
import type { StoredTable } from '../database/stored-table.js';
import { MaintenanceError } from '../errors/maintenance.error.js';

/** A column that a task reads or writes. */
export interface NeededColumn {
  readonly property: string;
  /** The type it must have to mean what the task takes it for; undefined where any will do. */
  readonly type: 'timestamp with time zone' | 'boolean' | undefined;
}

interface TableNeeds {
  readonly table: MappedTable;
  readonly columns: readonly NeededColumn[];
  /** The end of a refusal: what was not done, as a sentence without its full stop. */
  readonly consequence: string;
}

/**
 * Refuses a table that cannot be worked on page by page, or whose columns are not what the task takes them for.
 *
 * @throws {MaintenanceError} `NOT_A_TABLE`, `COLUMN_MISSING` or `COLUMN_TYPE`
 */
export function assertBatchable(stored: StoredTable, needs: TableNeeds): void {
  const [part] = stored.notTables;
  if (part !== undefined) {
    throw new MaintenanceError(
      'NOT_A_TABLE',
      `${part.sqlName} is a ${part.kind}, which cannot be worked on safely: map the entity to the table behind it. ${needs.consequence}`,
      { context: { ...part } },
    );
  }
  needs.columns.forEach((column) => assertColumn(stored, needs, column));
}

/** A `timestamp` without zone would be compared in whatever zone the session has, hours off. */
function assertColumn(
  { columnTypes }: StoredTable,
  { table, consequence }: TableNeeds,
  { property, type }: NeededColumn,
): void {
  const column = table.column(property);
  const found = columnTypes.get(column);
  if (found === undefined) {
    throw new MaintenanceError('COLUMN_MISSING', `${table.tableName} has no column ${column}. ${consequence}`);
  }
  if (type !== undefined && found !== type) {
    throw new MaintenanceError(
      'COLUMN_TYPE',
      `${table.tableName}.${column} is ${found}, ${type} is needed to judge it safely. ${consequence}`,
    );
  }
}
