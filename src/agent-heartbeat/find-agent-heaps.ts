import type { QueryRunner } from 'typeorm';
import type { MappedTable } from '../database/mapped-table.js';
import type { Heap } from '../database/stored-table.js';
import { findStoredTable } from '../database/stored-table.js';
import { assertWalkable } from '../database/walk/assert-walkable.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { AGENT_COLUMNS, READ_PROPERTIES, WRITTEN_PROPERTIES } from './agent-columns.js';

const CONSEQUENCE = 'Nobody was suspended';

/**
 * Looks at the table of agent tokens and answers each heap of it, its leaf partitions; undefined when there is no such table.
 *
 * @throws {MaintenanceError} `NOT_A_TABLE`, `COLUMN_MISSING` or `COLUMN_TYPE` when working on it would not be safe,
 * `PERMISSION_DENIED`, with what to grant, when the role may not
 */
export async function findAgentHeaps(
  queryRunner: QueryRunner,
  table: MappedTable,
  isDryRun: boolean,
): Promise<readonly Heap[] | undefined> {
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    return undefined;
  }
  assertWalkable(stored, { table, columns: AGENT_COLUMNS, consequence: CONSEQUENCE });
  const heaps = stored.heaps.map(({ sqlName }) => sqlName);
  const columns = (properties: readonly string[]): string[] => properties.map((property) => table.column(property));
  await assertGranted(queryRunner, 'select', [table.sqlName], columns(READ_PROPERTIES));
  if (!isDryRun) {
    await assertGranted(queryRunner, 'select', heaps, [...columns(READ_PROPERTIES), 'ctid']);
    await assertGranted(queryRunner, 'update', heaps, columns(WRITTEN_PROPERTIES));
  }
  return stored.heaps;
}

async function assertGranted(
  queryRunner: QueryRunner,
  privilege: 'select' | 'update',
  tables: readonly string[],
  columns: readonly string[],
): Promise<void> {
  const missing: { table: string; columns: string }[] = await queryRunner.query(
    `
    select name as "table", string_agg(column_name, ', ') as "columns"
    from unnest($1::text[]) as name
    cross join unnest($2::text[]) as column_name
    where not has_column_privilege(name, column_name, $3::text)
    group by name`,
    [tables, columns, privilege],
  );
  if (missing.length > 0) {
    const grants = missing.map((part) => `${privilege} (${part.columns}) on ${part.table}`).join(' and ');
    throw new MaintenanceError(
      'PERMISSION_DENIED',
      `The database role lacks a privilege that the heartbeat monitor needs: grant ${grants}. ${CONSEQUENCE}`,
    );
  }
}
