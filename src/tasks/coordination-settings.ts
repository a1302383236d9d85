import * as v from 'valibot';
import { wholeNumber } from '../validation/whole-number.js';

/** How the replicas of an application agree on who runs what. */
export interface CoordinationSettings {
  /**
   * The database schema that this package owns: small letters, digits and underscores, at most 63, and neither a digit nor `pg_` first.
   * Whoever works on the same database must name the same one: runs exclude each other by what stands in it. @default 'tenxyte_maintenance'
   */
  readonly schema?: string;
  /**
   * `auto` creates and updates that schema at start-up; `manual` leaves it to `tenxyte-maintenance migrate` or to a TypeORM migration, and
   * refuses to start without it. @default 'auto'
   */
  readonly migrations?: 'auto' | 'manual';
  /**
   * Whether the application starts though the role may not create that schema or use its tables. `fail` refuses to; `warn` says so, and the
   * health is down and nothing runs until it is mended, which needs no restart; nor does a command know the application's policy until then. @default 'fail'
   */
  readonly startup?: 'warn' | 'fail';
  /**
   * Seconds after which a run that does not renew its lease counts as crashed; 1 to 86,400. It is renewed between batches, so it
   * must be as long as the slowest batch can take: three times `cleanup.statementTimeoutMs`, twice `cleanup.lockTimeoutMs` and once
   * `cleanup.pauseBetweenBatchesMs`. @default 60, or as long as that batch when it is longer
   */
  readonly leaseSeconds?: number;
  /** Milliseconds that a shutdown waits for runs to stop; 100 to 600,000. @default 10000 */
  readonly shutdownTimeoutMs?: number;
}

/** The settings with every default filled in. */
export type CompleteCoordinationSettings = Readonly<Required<CoordinationSettings>>;

/** DI token of the {@link CompleteCoordinationSettings}. */
export const COORDINATION_SETTINGS = Symbol('TENXYTE_MAINTENANCE_COORDINATION_SETTINGS');

/** The defaults of {@link CoordinationSettings}, the one place they stand. */
export const DEFAULT_COORDINATION: CompleteCoordinationSettings = {
  schema: 'tenxyte_maintenance',
  migrations: 'auto',
  startup: 'fail',
  leaseSeconds: 60,
  shutdownTimeoutMs: 10_000,
};

/** A plain name, which means the same quoted and unquoted; PostgreSQL cuts identifiers at 63 bytes. */
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const schemaNameError =
  'a schema name of small letters, digits and underscores, at most 63 characters, that does not begin with pg_';

/** The schema of each field. */
export const coordinationShape = {
  schema: v.optional(
    v.pipe(
      v.string(schemaNameError),
      v.regex(SCHEMA_NAME, schemaNameError),
      v.check((name) => !name.startsWith('pg_'), schemaNameError),
    ),
  ),
  migrations: v.optional(v.picklist(['auto', 'manual'], '"auto" or "manual"')),
  startup: v.optional(v.picklist(['warn', 'fail'], '"warn" or "fail"')),
  leaseSeconds: v.optional(wholeNumber({ min: 1, max: 86_400, unit: 'seconds' })),
  shutdownTimeoutMs: v.optional(wholeNumber({ min: 100, max: 600_000, unit: 'milliseconds' })),
};

/**
 * The shortest lease, in seconds, that outlives the slowest batch: a pause to give way, a look-up and a DELETE, each cut off by a time-out,
 * and the fixed pause between two batches.
 */
export function shortestLeaseSeconds({
  statementTimeoutMs,
  lockTimeoutMs,
  pauseBetweenBatchesMs,
}: {
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly pauseBetweenBatchesMs: number;
}): number {
  return Math.ceil((3 * statementTimeoutMs + 2 * lockTimeoutMs + pauseBetweenBatchesMs) / 1000);
}
