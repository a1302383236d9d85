/** How much of a suite of random choices is run: `full` by `npm run test:crash`, else a `sample`. */
export type SuiteLength = 'full' | 'sample';

/** The seed of every random choice, told at the beginning of the run: `TENXYTE_TEST_SEED` repeats them. */
export const SEED = Number(process.env['TENXYTE_TEST_SEED'] ?? 0);

/** As many as the length of this run asks for. */
export function countOf(counts: Readonly<Record<SuiteLength, number>>): number {
  return counts[process.env['TENXYTE_TEST_LENGTH'] === 'full' ? 'full' : 'sample'];
}
