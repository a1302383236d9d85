/** The middle value; the mean of the two middle ones when their count is even. */
export function median(values: readonly number[]): number {
  return (quantile(values, 0.5) + quantile(values, 0.5, 'lower')) / 2;
}

/** The value that a share of the others does not exceed. */
export function quantile(values: readonly number[], share: number, side: 'upper' | 'lower' = 'upper'): number {
  const sorted = [...values].sort((left, right) => left - right);
  const position = share * (sorted.length - 1);
  return sorted[side === 'upper' ? Math.ceil(position) : Math.floor(position)] ?? Number.NaN;
}

/** Milliseconds that some work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
