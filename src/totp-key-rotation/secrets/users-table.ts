import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { eachOnce } from '../../batches/acknowledgement.js';
import { assertBatchable } from '../../batches/assert-batchable.js';
import { assertPrivileges } from '../../database/assert-privileges.js';
import type { AttachedObject } from '../../database/attached-objects.js';
import { expectOne } from '../../database/expect-one.js';
import { type MappedTable, sqlNameOf } from '../../database/mapped-table.js';
import { findStoredTable, type StoredTable } from '../../database/stored-table.js';
import { otherTablesWith } from '../../database/tables-with-column.js';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import type { OwnerAssertion } from '../../tenxyte/tenxyte-tables.js';

/** Tenxyte's own name of the column. */
const SECRET_COLUMN = 'totp_secret';
const CONSEQUENCE = 'No secret was touched';
const TEXT_TYPES: readonly string[] = ['character varying', 'text'];

/** Every property of a user that the rotation touches. */
export const USER_PROPERTIES = ['id', 'totpSecret'] as const;

/** How statements write the type of a key and compare keys as its index does. */
export interface KeyType {
  /** The type with its schema, escaped for SQL, without a length, so that nothing is cut: `"pg_catalog"."bpchar"` for `char(36)`. */
  readonly type: string;
  /** The schema of the type's operators, escaped for SQL: an extension's own for one such as `citext`. */
  readonly operators: string;
}

/** The table of users as the rotation works on it. */
export interface UsersTable {
  readonly table: MappedTable;
  /** The users' key: `bigint` unless the host has tables of its own. */
  readonly key: KeyType;
  /** Characters that a secret may have; null when the column takes any number. */
  readonly maxSecretLength: number | null;
  /** True when triggers or rules of others act on the update of a user: they have to find the session's own settings. */
  readonly isActedOn: boolean;
  /** Those triggers and rules, each once. */
  readonly actors: readonly AttachedObject[];
}

/**
 * Looks at the table of users; undefined when there is none.
 *
 * @throws {MaintenanceError} `NOT_A_TABLE`, `ROW_SECURITY`, `COLUMN_MISSING`, `COLUMN_TYPE`, `UNEXPECTED_OWNER` or `PERMISSION_DENIED`, with what to do
 */
export async function findUsersTable(
  queryRunner: QueryRunner,
  table: MappedTable,
  { isDryRun, assertOwner }: { readonly isDryRun: boolean; readonly assertOwner: OwnerAssertion },
): Promise<UsersTable | undefined> {
  const stored = await findStoredTable(queryRunner, table);
  if (stored === undefined) {
    return undefined;
  }
  const columns = USER_PROPERTIES.map((property) => ({ property, type: undefined }));
  assertBatchable(stored, { table, columns, consequence: CONSEQUENCE });
  assertText(stored, table);
  await assertOwner(queryRunner, stored);
  await assertMayRotate(queryRunner, table, isDryRun);
  const actors = eachOnce(stored.attached.filter(({ onUpdate }) => onUpdate));
  const maxSecretLength = await readMaxSecretLength(queryRunner, table);
  return { table, key: await readKeyType(queryRunner, table), maxSecretLength, isActedOn: actors.length > 0, actors };
}

/** Other tables that look as if they held secrets, as schema and name: of a user model of the host's own, or left over. */
export async function otherSecretTables(queryRunner: QueryRunner, table: MappedTable): Promise<readonly string[]> {
  return otherTablesWith(queryRunner, table, [SECRET_COLUMN, table.column('totpSecret')]);
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
async function readMaxSecretLength(queryRunner: QueryRunner, table: MappedTable): Promise<number | null> {
  const rows = await queryRunner.query(
    `
    select case when atttypmod operator(pg_catalog.>) 4 then atttypmod operator(pg_catalog.-) 4 end as length
    from pg_catalog.pg_attribute
    where attrelid operator(pg_catalog.=) $1::pg_catalog.text::pg_catalog.regclass
      and attname operator(pg_catalog.=) $2::pg_catalog.name`,
    [table.sqlName, table.column('totpSecret')],
  );
  return expectOne<{ length: number | null }>(rows).length;
}

async function readKeyType(queryRunner: QueryRunner, table: MappedTable): Promise<KeyType> {
  const { operators, ...type } = expectOne(await readKeyNames(queryRunner, table));
  return { type: sqlNameOf(type), operators: pg.escapeIdentifier(operators) };
}

/** A domain compares as the type below it does; a type without an operator class of its own, such as `varchar`, by PostgreSQL's. */
async function readKeyNames(
  queryRunner: QueryRunner,
  table: MappedTable,
): Promise<{ readonly schema: string; readonly name: string; readonly operators: string }[]> {
  return queryRunner.query(
    `
    with recursive below (oid) as (
      select atttypid
      from pg_catalog.pg_attribute
      where attrelid operator(pg_catalog.=) $1::pg_catalog.text::pg_catalog.regclass
        and attname operator(pg_catalog.=) $2::pg_catalog.name
      union all
      select domain.typbasetype
      from below
      join pg_catalog.pg_type as domain on domain.oid operator(pg_catalog.=) below.oid
      where domain.typtype operator(pg_catalog.=) 'd'
    )
    select namespace.nspname as schema,
           type.typname as name,
           coalesce(
             (
               select operator_schema.nspname
               from below
               join pg_catalog.pg_opclass as class on class.opcintype operator(pg_catalog.=) below.oid
               join pg_catalog.pg_am as method on method.oid operator(pg_catalog.=) class.opcmethod
               join pg_catalog.pg_amop as member
                 on member.amopfamily operator(pg_catalog.=) class.opcfamily
                 and member.amoplefttype operator(pg_catalog.=) below.oid
                 and member.amoprighttype operator(pg_catalog.=) below.oid
               join pg_catalog.pg_operator as greater on greater.oid operator(pg_catalog.=) member.amopopr
               join pg_catalog.pg_namespace as operator_schema
                 on operator_schema.oid operator(pg_catalog.=) greater.oprnamespace
               where class.opcdefault
                 and method.amname operator(pg_catalog.=) 'btree'
                 and greater.oprname operator(pg_catalog.=) '>'
             ),
             'pg_catalog'
           ) as operators
    from pg_catalog.pg_attribute as attribute
    join pg_catalog.pg_type as type on type.oid operator(pg_catalog.=) attribute.atttypid
    join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) type.typnamespace
    where attribute.attrelid operator(pg_catalog.=) $1::pg_catalog.text::pg_catalog.regclass
      and attribute.attname operator(pg_catalog.=) $2::pg_catalog.name`,
    [table.sqlName, table.column('id')],
  );
}
