import { z } from 'zod';

/** Bounds of a whole number and the words that explain them. */
export interface WholeNumberBounds {
  /** @default 0 */
  readonly min?: number;
  readonly max: number;
  readonly unit: string;
  /** What 0 means, where it is accepted and means something special. */
  readonly zero?: string;
}

/** A schema for whole numbers; NaN, infinities, fractions, text and anything outside the bounds get one and the same sentence. */
export function wholeNumber({ min = 0, max, unit, zero }: WholeNumberBounds): z.ZodNumber {
  const meaning = zero === undefined ? '' : ` (0 = ${zero})`;
  const error = `a whole number of ${unit} from ${min} to ${max}${meaning}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
}
