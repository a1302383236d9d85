import type { QueryRunner } from 'typeorm';
import { guarded } from '../database/relation-state.js';
import { inTransaction, RUN_DEFERRED } from '../database/short-transaction.js';
import type { Heap } from '../database/stored-table.js';
import { batchMode } from './batch-limits.js';
import type { BatchOutcome, BatchWork } from './batch-operation.js';
import { atPlaces, findRows, type Places, placesOf } from './places.js';

/**
 * A rule may make anything of the statement, and of the count of its rows: they are locked before it, and the server's own statistics of
 * the transaction tell how many rows the heap lost (`track_counts`, on by default; without it they pass for kept).
 */
export async function writeRewritten(
  { queryRunner, limits, operation }: Pick<BatchWork<BatchOutcome>, 'queryRunner' | 'limits' | 'operation'>,
  places: Places,
): Promise<BatchOutcome> {
  const { heap, due, optimistic } = operation;
  return inTransaction(queryRunner, batchMode(limits, true, {}), async () => {
    const taken = placesOf(
      await findRows(
        queryRunner,
        (bind) => `
            select pg_catalog.array_agg(ctid)::pg_catalog.text as tids, pg_catalog.count(*)::integer as count
            from (
              select ctid
              from only ${heap.sqlName}
              where ${guarded(atPlaces(places), heap)(bind)}
                and ${due(bind)}
              for update skip locked
            ) as taken`,
      ),
    );
    const before = await lostRows(queryRunner, heap);
    await findRows(queryRunner, optimistic.write(guarded(atPlaces(taken), heap)));
    const rows = Math.min((await lostRows(queryRunner, heap)) - before, taken.count);
    await queryRunner.query(RUN_DEFERRED);
    return { rows, lockedRows: places.count - taken.count, keptRows: taken.count - rows };
  });
}

/** Rows that the session has deleted from the heap, those of earlier transactions among them as long as they are not passed on. */
async function lostRows(queryRunner: QueryRunner, heap: Heap): Promise<number> {
  const [answer]: { rows: number }[] = await queryRunner.query(
    `select pg_catalog.pg_stat_get_xact_tuples_deleted(
         pg_catalog.to_regclass($1::pg_catalog.text)::pg_catalog.oid
       )::integer as rows`,
    [heap.sqlName],
  );
  return answer?.rows ?? 0;
}
