const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** A count with a comma between thousands. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A count with its noun: `1 row`, `1,200 rows`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Milliseconds in the unit that fits: `12 ms`, `1.5 s`, `2 min 5 s`, `1 h 2 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < SECOND_MS) {
    return `${Math.round(durationMs)} ms`;
  }
  if (durationMs < MINUTE_MS) {
    return `${(Math.floor(durationMs / 100) / 10).toFixed(1)} s`;
  }
  if (durationMs < HOUR_MS) {
    return `${Math.floor(durationMs / MINUTE_MS)} min ${Math.floor((durationMs % MINUTE_MS) / SECOND_MS)} s`;
  }
  return `${Math.floor(durationMs / HOUR_MS)} h ${Math.floor((durationMs % HOUR_MS) / MINUTE_MS)} min`;
}

/** Tenxyte's own names are no longer; a host's may be. */
const MAX_LENGTH = 100;

/**
 * Text that somebody else chose, fit for a line of a log or a terminal: without what moves, hides or breaks text, so that none can forge a
 * line, and cut at `maxLength` characters.
 *
 * @param maxLength @default 100
 */
export function onOneLine(text: string, maxLength = MAX_LENGTH): string {
  return Array.from(text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ''))
    .slice(0, maxLength)
    .join('');
}
