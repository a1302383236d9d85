import type { QueryRunner } from 'typeorm';
import { onlyRow } from '../../database/expect-one.js';
import type { Heap } from '../../database/stored-table.js';

/** Bytes of some heaps with their indexes and their TOAST. */
export async function tableBytes(queryRunner: QueryRunner, heaps: readonly Pick<Heap, 'sqlName'>[]): Promise<number> {
  const answer: { bytes: string }[] = await queryRunner.query(
    `
    select coalesce(sum(pg_total_relation_size(name::regclass)), 0) as bytes
    from unnest($1::text[]) as name`,
    [heaps.map(({ sqlName }) => sqlName)],
  );
  return Number(onlyRow(answer).bytes);
}
