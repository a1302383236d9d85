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
 * Refuses a table that cannot be worked on page by page, of which this role may not see every row, or whose columns are not what the task
 * takes them for.
 *
 * @throws {MaintenanceError} `NOT_A_TABLE`, `ROW_SECURITY`, `COLUMN_MISSING` or `COLUMN_TYPE`
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
  const [secured] = stored.securedParts;
  if (secured !== undefined) {
    throw new MaintenanceError(
      'ROW_SECURITY',
      `Row level security applies to this role on ${secured.sqlName}: a policy may hide rows from it, or be passed by where partitions ` +
        `are worked on one by one. Connect as the table's owner or a role with bypassrls. ${needs.consequence}`,
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
