import { type Instant, instantBefore } from '../database/instant.js';
import { hasOwn } from '../validation/own-properties.js';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** As long as a retention may be. */
const LONGEST_MS = 36_500 * 86_400_000;
const AGO = /^([1-9]\d{0,8})([mhd])$/;
const DATE =
  /^(\d{4})-(\d{2})-(\d{2})(?:T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/;

/** The accepted forms of the begin of a history. */
export const HISTORY_SINCE_FORM =
  'a date as 2026-03-01, a time with its zone as 2026-03-01T03:00:00Z, or so long ago as 30m, 12h or 7d';

/** A begin of a history: a fixed time, or one that lies some milliseconds before the database's. */
type HistorySince = { readonly at: string } | { readonly agoMs: number };

/** Reads where a history is to begin; undefined when it cannot be read. */
export function readSince(value: unknown): HistorySince | undefined {
  if (value instanceof Date) {
    // Beyond the year 9999 the text would have a form that PostgreSQL does not read.
    return value.getUTCFullYear() >= 1 && value.getUTCFullYear() <= 9999 ? { at: value.toISOString() } : undefined;
  }
  return typeof value === 'string' ? readText(value) : undefined;
}

/** The time from which on runs are listed. */
export function sinceInstant(since: HistorySince, at: Instant): Instant {
  return hasOwn(since, 'at') ? since.at : instantBefore(at, since.agoMs);
}

function readText(text: string): HistorySince | undefined {
  const [, amount, unit = ''] = AGO.exec(text) ?? [];
  const agoMs = Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  if (agoMs <= LONGEST_MS) {
    return { agoMs };
  }
  const [, year, month, day] = DATE.exec(text) ?? [];
  return isInCalendar(Number(year), Number(month), Number(day)) ? { at: new Date(text).toISOString() } : undefined;
}

/** JavaScript would take the 30th of February for the 2nd of March. */
function isInCalendar(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
