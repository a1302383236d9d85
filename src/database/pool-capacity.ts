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
  const { master }: { master?: Partial<Pool> } = dataSource.driver as object;
  const { totalCount, idleCount, waitingCount, options } = master ?? {};
  if (totalCount === undefined || idleCount === undefined || waitingCount !== 0) {
    return false;
  }
  const max = options?.max ?? 0;
  return max >= 4 && totalCount - idleCount < max / 2;
}
