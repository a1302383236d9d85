import { type Instant, instantBefore } from '../database/instant.js';
import { beginsWithDay } from '../validation/calendar-day.js';
import { hasOwn } from '../validation/own-properties.js';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** As long as a retention may be. */
const LONGEST_MS = 36_500 * 86_400_000;
const SPAN = /^([1-9]\d{0,8})([mhd])$/;
const DATE =
  /^\d{4}-\d{2}-\d{2}(?:T([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:Z|[+-]([01]\d|2[0-3]):[0-5]\d))?$/;

const TIME_FORM = 'a date as 2026-03-01, a time with its zone as 2026-03-01T03:00:00Z,';

/** The accepted forms of the begin of a history. */
export const HISTORY_SINCE_FORM = `${TIME_FORM} or so long ago as 30m, 12h or 7d`;

/** The accepted forms of the end of a pause. */
export const PAUSE_END_FORM = `${TIME_FORM} or so long from now as 30m, 12h or 7d`;

/** A fixed time, or one that lies some milliseconds before or after the database's. */
type GivenTime = { readonly at: string } | { readonly spanMs: number };

/** Reads where a history is to begin, or a pause to end; undefined when it cannot be read. */
export function readTime(value: unknown): GivenTime | undefined {
  if (value instanceof Date) {
    // Beyond the year 9999 the text would have a form that PostgreSQL does not read.
    return value.getUTCFullYear() >= 1 && value.getUTCFullYear() <= 9999 ? { at: value.toISOString() } : undefined;
  }
  return typeof value === 'string' ? readText(value) : undefined;
}

/** The time from which on runs are listed. */
export function sinceInstant(since: GivenTime, at: Instant): Instant {
  return hasOwn(since, 'at') ? since.at : instantBefore(at, since.spanMs);
}

function readText(text: string): GivenTime | undefined {
  const [, amount, unit = ''] = SPAN.exec(text) ?? [];
  const spanMs = Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  if (spanMs <= LONGEST_MS) {
    return { spanMs };
  }
  return DATE.test(text) && beginsWithDay(text) ? { at: new Date(text).toISOString() } : undefined;
}
