import type { QueryRunner } from 'typeorm';
import type { MappedTable } from './mapped-table.js';

/**
 * The tables with a column of one of these names, as schema and name, in the schemas that the role may use: all but the mapped one and what
 * it consists of.
 */
export async function otherTablesWith(
  queryRunner: QueryRunner,
  { sqlName }: Pick<MappedTable, 'sqlName'>,
  columns: readonly string[],
): Promise<readonly string[]> {
  const rows: { name: string }[] = await queryRunner.query(
    `
    with recursive own (oid) as (
      select pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
      union
      select inherits.inhrelid
      from own
      join pg_catalog.pg_inherits as inherits on inherits.inhparent operator(pg_catalog.=) own.oid
    )
    select distinct pg_catalog.concat(namespace.nspname, '.', class.relname) as name
    from pg_catalog.pg_attribute as attribute
    join pg_catalog.pg_class as class on class.oid operator(pg_catalog.=) attribute.attrelid
    join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) class.relnamespace
    where attribute.attname operator(pg_catalog.=) any ($2::pg_catalog.name[])
      and not attribute.attisdropped
      and (class.relkind operator(pg_catalog.=) 'r' or class.relkind operator(pg_catalog.=) 'p')
      and not class.relispartition
      and class.relpersistence operator(pg_catalog.<>) 't'
      and pg_catalog.has_schema_privilege(namespace.oid, 'usage')
      and not exists (select from own where own.oid operator(pg_catalog.=) class.oid)
    order by name`,
    [sqlName, columns],
  );
  return rows.map(({ name }) => name);
}
