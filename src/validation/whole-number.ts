import * as v from 'valibot';

/** A schema for whole numbers; NaN, infinities, fractions, text and anything outside the bounds get one and the same sentence. */
export function wholeNumber({
  min = 0,
  max,
  unit,
  zero,
}: {
  /** @default 0 */
  readonly min?: number;
  readonly max: number;
  readonly unit: string;
  /** The meaning of 0, where it is accepted and means something special. */
  readonly zero?: string;
}): v.GenericSchema<number> {
  const meaning = zero === undefined ? '' : ` (0 = ${zero})`;
  const message = `a whole number of ${unit} from ${min} to ${max}${meaning}`;
  return v.pipe(
    v.custom<number>((value) => Number.isInteger(value), message),
    v.safeInteger(message),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}
