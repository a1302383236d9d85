import { UsageError } from '../errors/usage.error.js';
import { describeValue } from './validation.js';

const SECONDS_OF_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/**
 * Makes the parser of a flag that is a duration: whole seconds, or whole seconds, minutes or hours with their letter, such as `90s`, `2m` or
 * `1h`. Answers seconds.
 *
 * @param flag with its dashes
 * @throws {UsageError} when it is none or too long
 */
export function secondsFlag(
  flag: string,
  { maxSeconds, zero }: { readonly maxSeconds: number; readonly zero: string },
): (text: string) => number {
  return (text) => {
    const [, digits, unit = 's'] = /^(0|[1-9]\d*)([smh])?$/.exec(text) ?? [];
    const seconds = Number(digits) * Number(SECONDS_OF_UNIT[unit]);
    if (Number.isNaN(seconds) || seconds > maxSeconds) {
      const accepted = `a whole number of seconds from 0 to ${maxSeconds} (0 = ${zero}), or as 90s, 2m or 1h`;
      throw new UsageError(`${flag} is ${describeValue(text)}, accepted is ${accepted}`);
    }
    return seconds;
  };
}
