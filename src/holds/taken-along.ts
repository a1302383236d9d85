import type { QueryRunner } from 'typeorm';
import type { AttachedObject } from '../database/attached-objects.js';
import type { MappedTable } from '../database/mapped-table.js';

/** The keys by which rows of others go along, or lose what they refer to. */
export function takenAlong(attached: readonly AttachedObject[]): readonly AttachedObject[] {
  return attached.filter(({ effect, onDelete }) => onDelete && (effect === 'cascades' || effect === 'nulls'));
}

/** The targets that have a table, or a part of one, among those that refer. */
export async function targetsAmong(
  queryRunner: QueryRunner,
  taken: readonly AttachedObject[],
  targets: readonly { readonly name: string; readonly table: MappedTable }[],
): Promise<readonly string[]> {
  const rows: { name: string }[] = await queryRunner.query(
    `
    with recursive part (name, oid) as (
      select target.name, pg_catalog.to_regclass(target.sql_name)::pg_catalog.oid
      from rows from (
        pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])
      ) as target (name, sql_name)
      union
      select part.name, inherits.inhrelid
      from part
      join pg_catalog.pg_inherits as inherits on inherits.inhparent operator(pg_catalog.=) part.oid
    )
    select distinct part.name
    from part
    join pg_catalog.pg_class as class on class.oid operator(pg_catalog.=) part.oid
    join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) class.relnamespace
    where pg_catalog.concat(namespace.nspname, '.', class.relname) operator(pg_catalog.=) any ($3::pg_catalog.text[])`,
    [
      targets.map(({ name }) => name),
      targets.map(({ table }) => table.sqlName),
      taken.flatMap(({ reference }) => reference?.tables ?? []),
    ],
  );
  return rows.map(({ name }) => name);
}
