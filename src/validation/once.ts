import { UsageError } from '../errors/usage.error.js';

/**
 * Makes the parser of a flag that may be given once.
 *
 * @param flag with its dashes
 * @throws {UsageError} when it is given twice, or what `read` throws
 */
export function once<Value>(flag: string, read: (text: string) => Value): (text: string, previous?: Value) => Value {
  return (text, previous) => {
    if (previous !== undefined) {
      throw new UsageError(`${flag} is given twice, accepted is one value`);
    }
    return read(text);
  };
}
