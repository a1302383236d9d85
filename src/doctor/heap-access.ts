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
  /** True when a policy may hide rows from the role. */
  readonly isRowSecurityActive: boolean;
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
             from unnest($2::text[]) as read (name)
             where not has_column_privilege(heap.name::regclass, read.name, 'select')
           ) as "select",
           has_any_column_privilege(heap.name::regclass, 'update') as "update",
           has_table_privilege(heap.name::regclass, 'delete') as "delete",
           row_security_active(heap.name::regclass) as "isRowSecurityActive",
           pg_relation_size(heap.name::regclass)::double precision as bytes
    from unnest($1::text[]) with ordinality as heap (name, place)
    order by heap.place`,
    [heaps.map(({ sqlName }) => sqlName), columns],
  );
}
