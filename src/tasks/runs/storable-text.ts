import type { BriefValue } from '../../database/brief-statement.js';
import { SQL_STATE, sqlState } from '../../database/sql-state.js';

/** No text of PostgreSQL holds the character of code 0, or half of one. */
export function asText(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\u{fffd}');
}

/** A value as JSON whose texts are {@link asText}. */
export function asJson(value: object | null): string | null {
  const withoutNul = (_: string, field: unknown): unknown => (typeof field === 'string' ? asText(field) : field);
  return value === null ? null : JSON.stringify(value, withoutNul);
}

/** Not every database is in UTF-8: what its encoding lacks, such as a dash of some package's title, is written as a question mark. */
export async function inAnyEncoding<Result>(
  values: readonly BriefValue[],
  write: (storable: readonly BriefValue[]) => Promise<Result>,
): Promise<Result> {
  try {
    return await write(values);
  } catch (error) {
    if (sqlState(error) !== SQL_STATE.untranslatableCharacter) {
      throw error;
    }
    return write(values.map((value) => (typeof value === 'string' ? value.replaceAll(/[^\0-\x7f]/gu, '?') : value)));
  }
}
