import type { QueryRunner } from 'typeorm';
import { assertBatchable } from '../../batches/assert-batchable.js';
import { assertPrivileges } from '../../database/assert-privileges.js';
import { expectOne } from '../../database/expect-one.js';
import type { MappedTable } from '../../database/mapped-table.js';
import { findStoredTable, type StoredTable } from '../../database/stored-table.js';
import { MaintenanceError } from '../../errors/maintenance.error.js';

const CONSEQUENCE = 'No secret was touched';
const TEXT_TYPES: readonly string[] = ['character varying', 'text'];

/** Every property of a user that the rotation touches. */
export const USER_PROPERTIES = ['id', 'totpSecret'] as const;

/** The table of users as the rotation works on it. */
export interface UsersTable {
  readonly table: MappedTable;
  /** The type of the users' keys, in SQL's words: `bigint` unless the host has tables of its own. */
  readonly idType: string;
  /** Characters that a secret may have; null when the column takes any number. */
  readonly maxSecretLength: number | null;
  /** True when triggers or rules of others act on the update of a user: they have to find the session's own settings. */
  readonly isActedOn: boolean;
}

/**
 * Looks at the table of users; undefined when there is none.
 *
 * @throws {MaintenanceError} `NOT_A_TABLE`, `COLUMN_MISSING`, `COLUMN_TYPE`, `ROW_SECURITY` or `PERMISSION_DENIED`, with what to do
 */
export async function findUsersTable(
  queryRunner: QueryRunner,
  table: MappedTable,
  isDryRun: boolean,
): Promise<UsersTable | undefined> {
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    return undefined;
  }
  const columns = USER_PROPERTIES.map((property) => ({ property, type: undefined }));
  assertBatchable(stored, { table, columns, consequence: CONSEQUENCE });
  assertText(stored, table);
  await assertMayRotate(queryRunner, table, isDryRun);
  const isActedOn = stored.attached.some(({ onUpdate }) => onUpdate);
  const { isRowSecurityActive, maxSecretLength } = await readFacts(queryRunner, table);
  if (isRowSecurityActive) {
    throw new MaintenanceError(
      'ROW_SECURITY',
      `Row level security hides rows of ${table.tableName} from this role, whose secrets would be lost with the old key: ` +
        `connect as the table's owner or a role with bypassrls. ${CONSEQUENCE}`,
    );
  }
  return { table, idType: stored.columnTypes.get(table.column('id')) ?? 'bigint', maxSecretLength, isActedOn };
}

function assertText({ columnTypes }: StoredTable, table: MappedTable): void {
  const column = table.column('totpSecret');
  const type = columnTypes.get(column) ?? '';
  if (!TEXT_TYPES.includes(type)) {
    throw new MaintenanceError(
      'COLUMN_TYPE',
      `${table.tableName}.${column} is ${type}, ${TEXT_TYPES.join(' or ')} is needed. ${CONSEQUENCE}`,
    );
  }
}

async function assertMayRotate(queryRunner: QueryRunner, table: MappedTable, isDryRun: boolean): Promise<void> {
  const subject = { task: 'the TOTP key rotation', consequence: CONSEQUENCE };
  const tables = [table.sqlName];
  const columns = USER_PROPERTIES.map((property) => table.column(property));
  await assertPrivileges(queryRunner, { privilege: 'select', tables, columns }, subject);
  if (!isDryRun) {
    await assertPrivileges(
      queryRunner,
      { privilege: 'update', tables, columns: [table.column('totpSecret')] },
      subject,
    );
  }
}

/** The type modifier of a `varchar` is its length and four bytes of a header. */
async function readFacts(
  queryRunner: QueryRunner,
  table: MappedTable,
): Promise<Pick<UsersTable, 'maxSecretLength'> & { readonly isRowSecurityActive: boolean }> {
  const rows = await queryRunner.query(
    `
    select row_security_active($1::text) as "isRowSecurityActive",
           (
             select case when atttypmod > 4 then atttypmod - 4 end
             from pg_catalog.pg_attribute
             where attrelid = $1::text::regclass
               and attname = $2::name
           ) as "maxSecretLength"`,
    [table.sqlName, table.column('totpSecret')],
  );
  return expectOne(rows);
}
