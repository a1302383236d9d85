/**
 * A point in time as text, ISO 8601 in UTC with microseconds, such as `2026-03-01T03:00:00.123456Z`: PostgreSQL's own
 * resolution, which a JavaScript `Date` would cut to milliseconds.
 */
export type Instant = string;

const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3})(\d{3})Z$/;

/**
 * The instant that lies `milliseconds` before another; microseconds are kept.
 *
 * @throws {RangeError} when the text is no {@link Instant}
 */
export function instantBefore(instant: Instant, milliseconds: number): Instant {
  const [, coarse, microseconds] = INSTANT.exec(instant) ?? [];
  if (coarse === undefined || microseconds === undefined) {
    throw new RangeError(`not an instant with microseconds: ${instant}`);
  }
  return new Date(Date.parse(`${coarse}Z`) - milliseconds).toISOString().replace('Z', `${microseconds}Z`);
}

/** SQL that writes a `timestamptz` expression as an {@link Instant}. */
export function instantSql(expression: string): string {
  return `pg_catalog.to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
