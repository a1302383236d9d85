import type { QueryRunner } from 'typeorm';
import { assertBatchable } from '../batches/assert-batchable.js';
import { assertPrivileges } from '../database/assert-privileges.js';
import type { MappedTable } from '../database/mapped-table.js';
import { findStoredTable, type StoredTable } from '../database/stored-table.js';
import { AGENT_COLUMNS, READ_PROPERTIES, WRITTEN_PROPERTIES } from './agent-conditions.js';

const CONSEQUENCE = 'Nobody was suspended';
const SUBJECT = { task: 'the heartbeat monitor', consequence: CONSEQUENCE };

/**
 * Looks at the table of agent tokens; undefined when there is none.
 *
 * @throws {MaintenanceError} `NOT_A_TABLE`, `ROW_SECURITY`, `COLUMN_MISSING` or `COLUMN_TYPE` when working on it would not be safe,
 * `PERMISSION_DENIED`, with what to grant, when the role may not
 */
export async function findAgentTable(
  queryRunner: QueryRunner,
  table: MappedTable,
  isDryRun: boolean,
): Promise<StoredTable | undefined> {
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    return undefined;
  }
  assertBatchable(stored, { table, columns: AGENT_COLUMNS, consequence: CONSEQUENCE });
  const heaps = stored.heaps.map(({ sqlName }) => sqlName);
  const columns = (properties: readonly string[]): string[] => properties.map((property) => table.column(property));
  const read = { privilege: 'select', tables: [table.sqlName], columns: columns(READ_PROPERTIES) } as const;
  await assertPrivileges(queryRunner, read, SUBJECT);
  if (!isDryRun) {
    const readHeaps = { ...read, tables: heaps, columns: [...read.columns, 'ctid'] };
    await assertPrivileges(queryRunner, readHeaps, SUBJECT);
    const write = { privilege: 'update', tables: heaps, columns: columns(WRITTEN_PROPERTIES) } as const;
    await assertPrivileges(queryRunner, write, SUBJECT);
  }
  return stored;
}
