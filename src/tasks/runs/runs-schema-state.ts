import type { QueryRunner } from 'typeorm';
import { expectOne } from '../../database/expect-one.js';
import { type Escape, type RUNS_SCHEMA_TABLES, RUNS_SCHEMA_VERSION } from './runs-schema-steps.js';

/** The state of the schema, as the connection's role sees it. */
export interface RunsSchemaState {
  /** As in `server_version_num`, such as 180004. */
  readonly serverVersion: number;
  readonly role: string;
  readonly database: string;
  readonly exists: boolean;
  /** The version of the schema; 0 when there is none that the role may see. */
  readonly version: number;
  /** True when the schema is of this release's version and the role may read and write its tables. */
  readonly isUsable: boolean;
}

/**
 * Looks at the schema; changes nothing. The catalog is read as a table: `to_regnamespace` may answer from before a wait for a lock.
 */
export async function readRunsSchemaState(
  queryRunner: QueryRunner,
  schemaName: string,
  escape: Escape,
): Promise<RunsSchemaState> {
  const { mayUse, ...schema } = await readSchema(queryRunner, schemaName);
  const name = escape(schemaName);
  if (!mayUse || !(await hasVersions(queryRunner, `${name}.versions`))) {
    return { ...schema, version: 0, isUsable: false };
  }
  const mayRead = await mayReadVersions(queryRunner, name);
  const version = mayRead ? await readVersion(queryRunner, name) : 0;
  return { ...schema, version, isUsable: version >= RUNS_SCHEMA_VERSION && (await mayUseTables(queryRunner, name)) };
}

async function readSchema(
  queryRunner: QueryRunner,
  schemaName: string,
): Promise<Omit<RunsSchemaState, 'version' | 'isUsable'> & { readonly mayUse: boolean }> {
  const rows = await queryRunner.query(
    `
    select pg_catalog.current_setting('server_version_num')::integer as "serverVersion",
           current_user::pg_catalog.text as role,
           pg_catalog.current_database()::pg_catalog.text as database,
           namespace.oid is not null as exists,
           coalesce(pg_catalog.has_schema_privilege(namespace.oid, 'usage'), false) as "mayUse"
    from (values ($1::pg_catalog.text)) as wanted (name)
    left join pg_catalog.pg_namespace as namespace on namespace.nspname operator(pg_catalog.=) wanted.name`,
    [schemaName],
  );
  return expectOne(rows);
}

async function hasVersions(queryRunner: QueryRunner, table: string): Promise<boolean> {
  const rows = await queryRunner.query('select pg_catalog.to_regclass($1::pg_catalog.text) is not null as exists', [
    table,
  ]);
  return expectOne<{ exists: boolean }>(rows).exists;
}

async function mayReadVersions(queryRunner: QueryRunner, schema: string): Promise<boolean> {
  const rows = await queryRunner.query(`select pg_catalog.has_table_privilege($1::pg_catalog.text, 'select') as may`, [
    `${schema}.versions`,
  ]);
  return expectOne<{ may: boolean }>(rows).may;
}

/** What a run needs of each table; of holds it writes what they come to. */
const NEEDED: Readonly<Partial<Record<(typeof RUNS_SCHEMA_TABLES)[number], readonly string[]>>> = {
  runs: ['select', 'insert', 'update', 'delete'],
  schedules: ['select', 'insert', 'update'],
  totp_keys: ['select', 'insert', 'update'],
  pauses: ['select'],
  applications: ['select', 'insert', 'update', 'delete'],
  holds: ['select'],
  hold_subjects: ['select', 'insert', 'delete'],
};

async function mayUseTables(queryRunner: QueryRunner, schema: string): Promise<boolean> {
  const needed = Object.entries(NEEDED).flatMap(([table, privileges]) =>
    privileges.map((privilege) => [`${schema}.${table}`, privilege] as const),
  );
  const rows = await queryRunner.query(
    `
    select pg_catalog.bool_and(pg_catalog.has_table_privilege(needed.name, needed.privilege))
           and pg_catalog.has_column_privilege($3::pg_catalog.text, 'shape', 'update')
           and pg_catalog.has_column_privilege($3::pg_catalog.text, 'identifiers', 'update') as may
    from rows from (
      pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])
    ) as needed (name, privilege)`,
    [needed.map(([name]) => name), needed.map(([, privilege]) => privilege), `${schema}.holds`],
  );
  return expectOne<{ may: boolean }>(rows).may;
}

async function readVersion(queryRunner: QueryRunner, schema: string): Promise<number> {
  const rows = await queryRunner.query(
    `select coalesce(pg_catalog.max(version), 0)::integer as version from ${schema}.versions`,
  );
  return expectOne<{ version: number }>(rows).version;
}
