import * as v from 'valibot';

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
export function wholeNumber({ min = 0, max, unit, zero }: WholeNumberBounds): v.GenericSchema<number> {
  const meaning = zero === undefined ? '' : ` (0 = ${zero})`;
  const message = `a whole number of ${unit} from ${min} to ${max}${meaning}`;
  return v.pipe(
    v.custom<number>((value) => Number.isInteger(value), message),
    v.safeInteger(message),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}
