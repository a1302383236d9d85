import { type Instant, instantSql } from '../database/instant.js';
import { type Attribution, attributionSql } from './attribution.js';

/** A pause of a task: its slots are skipped, and runs by hand refused unless they are forced. */
export interface TaskPause {
  readonly pausedAt: Instant;
  /** When it ends by itself; null when somebody has to resume the task. */
  readonly until: Instant | null;
  /** Who paused it, and why. */
  readonly pausedBy: Attribution | null;
}

/** A pause that somebody ended. */
export interface PauseEnding extends TaskPause {
  readonly resumedAt: Instant;
  readonly resumedBy: Attribution | null;
}

/** SQL for a {@link TaskPause} as JSON, of a row of the table of pauses by its alias. */
export function pauseSql(row: string): string {
  return `pg_catalog.jsonb_build_object(
    'pausedAt', ${instantSql(`${row}.paused_at`)},
    'until', ${instantSql(`${row}.paused_until`)},
    'pausedBy', ${attributionSql(`${row}.actor`, `${row}.reason`)}
  )`;
}

/** SQL for whether a pause is in force at a time. */
export function isInForceSql(row: string, at: string): string {
  return `(${row}.resumed_at is null and (${row}.paused_until is null or ${row}.paused_until operator(pg_catalog.>) ${at}))`;
}
