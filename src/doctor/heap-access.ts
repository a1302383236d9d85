import type { QueryRunner } from 'typeorm';
import type { Heap } from '../database/stored-table.js';

/** The role's privileges on a heap, and its size. */
export interface HeapAccess {
  readonly sqlName: string;
  /** On the whole table, or on each column that a run reads. */
  readonly select: boolean;
  /** On one column at least, which is all that `for update` asks for. */
  readonly update: boolean;
  readonly delete: boolean;
  readonly bytes: number;
}

/**
 * Asks for each heap, as runs go to partitions directly, where only the partition's own privileges count.
 *
 * @param columns those that a run reads, each of which the heaps have, system columns too
 */
export async function readHeapAccess(
  queryRunner: QueryRunner,
  heaps: readonly Heap[],
  columns: readonly string[],
): Promise<HeapAccess[]> {
  return queryRunner.query(
    `
    select heap.name as "sqlName",
           not exists (
             select
             from pg_catalog.unnest($2::pg_catalog.text[]) as read (name)
             where not pg_catalog.has_column_privilege(heap.name::pg_catalog.regclass, read.name, 'select')
           ) as "select",
           pg_catalog.has_any_column_privilege(heap.name::pg_catalog.regclass, 'update') as "update",
           pg_catalog.has_table_privilege(heap.name::pg_catalog.regclass, 'delete') as "delete",
           pg_catalog.pg_relation_size(heap.name::pg_catalog.regclass)::double precision as bytes
    from pg_catalog.unnest($1::pg_catalog.text[]) with ordinality as heap (name, place)
    order by heap.place`,
    [heaps.map(({ sqlName }) => sqlName), columns],
  );
}
