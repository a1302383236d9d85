import type { QueryRunner } from 'typeorm';
import { MaintenanceError } from '../errors/maintenance.error.js';

/** The privileges that a task needs. */
export interface NeededPrivilege {
  readonly privilege: 'select' | 'update';
  /** Tables, escaped for SQL. */
  readonly tables: readonly string[];
  /** Names of columns, unescaped. */
  readonly columns: readonly string[];
}

/** Who needs it. */
export interface GrantSubject {
  /** Such as `the heartbeat monitor`. */
  readonly task: string;
  /** The consequence, as a sentence without its full stop. */
  readonly consequence: string;
}

/** @throws {MaintenanceError} `PERMISSION_DENIED`, naming what to grant, also as a list in `context.grants`, when a privilege is missing */
export async function assertPrivileges(
  queryRunner: QueryRunner,
  { privilege, tables, columns }: NeededPrivilege,
  { task, consequence }: GrantSubject,
): Promise<void> {
  const missing: { table: string; columns: string }[] = await queryRunner.query(
    `
    select name as "table", pg_catalog.string_agg(column_name, ', ') as "columns"
    from pg_catalog.unnest($1::pg_catalog.text[]) as name
    cross join pg_catalog.unnest($2::pg_catalog.text[]) as column_name
    where not pg_catalog.has_column_privilege(name, column_name, $3::pg_catalog.text)
    group by name`,
    [tables, columns, privilege],
  );
  if (missing.length > 0) {
    const grants = missing.map((part) => `${privilege} (${part.columns}) on ${part.table}`);
    throw new MaintenanceError(
      'PERMISSION_DENIED',
      `The database role lacks a privilege that ${task} needs: grant ${grants.join(' and ')}. ${consequence}`,
      { context: { grants } },
    );
  }
}
