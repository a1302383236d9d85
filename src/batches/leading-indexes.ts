import type { QueryRunner } from 'typeorm';
import type { Heap } from '../database/stored-table.js';

/**
 * The indexes of a heap by which a run can find old rows: valid, whole B-trees that start with one of the columns, each with that
 * column.
 */
export async function findLeadingIndexes(
  queryRunner: QueryRunner,
  heap: Pick<Heap, 'sqlName'>,
  columns: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found: { name: string; column: string }[] = await queryRunner.query(
    `
    select index_class.relname as name, attribute.attname as column
    from pg_catalog.pg_index as index
    join pg_catalog.pg_class as index_class on index_class.oid operator(pg_catalog.=) index.indexrelid
    join pg_catalog.pg_am as method on method.oid operator(pg_catalog.=) index_class.relam
    join pg_catalog.pg_attribute as attribute
      on attribute.attrelid operator(pg_catalog.=) index.indrelid and attribute.attnum operator(pg_catalog.=) index.indkey[0]
    where index.indrelid operator(pg_catalog.=) $1::pg_catalog.regclass
      and index.indisvalid
      and index.indpred is null
      and method.amname operator(pg_catalog.=) 'btree'
      and attribute.attname operator(pg_catalog.=) any ($2::pg_catalog.name[])`,
    [heap.sqlName, columns],
  );
  return new Map(found.map(({ name, column }) => [name, column]));
}
