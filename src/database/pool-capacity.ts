import type { DataSource } from 'typeorm';

/** As much of `pg`'s pool as is read here. */
interface Pool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  readonly options: { readonly max?: number };
}

/**
 * True while a connection can be taken from the data source's pool and half of the pool is still there for everybody else. A pool of less
 * than four connections has none to spare.
 */
export function hasPoolCapacity(dataSource: DataSource): boolean {
  const pool = poolOf(dataSource);
  return pool !== undefined && pool.waiting === 0 && pool.max >= 4 && pool.taken < pool.max / 2;
}

/** True while a connection is to be had at once, if it is asked for before anybody else is: with no `await` in between. */
export function hasFreeConnection(dataSource: DataSource): boolean {
  const pool = poolOf(dataSource);
  return pool === undefined || (pool.waiting === 0 && pool.taken < pool.max);
}

/** Undefined for a data source without a pool that can be looked into. */
function poolOf(
  dataSource: DataSource,
): { readonly max: number; readonly taken: number; readonly waiting: number } | undefined {
  const { driver }: { driver?: { readonly master?: Partial<Pool> } } = dataSource as object;
  const { totalCount, idleCount, waitingCount, options } = driver?.master ?? {};
  return totalCount === undefined || idleCount === undefined || waitingCount === undefined
    ? undefined
    : { max: options?.max ?? 0, taken: totalCount - idleCount, waiting: waitingCount };
}
