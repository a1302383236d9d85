import { median } from './statistics.js';

/** One figure that must be reached, with both sides of it. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  /** The samples of what is compared against. */
  readonly baseline: readonly number[];
  /** The samples of this package. */
  readonly measured: readonly number[];
  /** The highest ratio of the medians that is good enough. */
  readonly limit: number;
  readonly notes: readonly string[];
}

/** Prints a comparison; answers whether its limit is kept. */
export function report({ name, unit, baseline, measured, limit, notes }: Comparison): boolean {
  const ratio = median(measured) / median(baseline);
  const isKept = ratio <= limit;
  console.log(`\n${name}`);
  console.log(`  baseline  median ${median(baseline).toFixed(1)} ${unit}  (${list(baseline)})`);
  console.log(`  measured  median ${median(measured).toFixed(1)} ${unit}  (${list(measured)})`);
  console.log(`  ratio     ${ratio.toFixed(2)} (limit ${limit}) ${isKept ? 'kept' : 'BROKEN'}`);
  notes.forEach((note) => console.log(`  ${note}`));
  return isKept;
}

function list(values: readonly number[]): string {
  return values.map((value) => value.toFixed(value < 100 ? 1 : 0)).join(', ');
}
