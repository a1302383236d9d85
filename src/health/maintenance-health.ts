import * as v from 'valibot';
import { type TaskCommandName, type TaskName, taskNameSchema } from '../maintenance-tasks.js';
import type { TaskHealth } from '../status/maintenance-status.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';

/** The checks of a probe. Each is on unless it is `false`. */
export interface MaintenanceHealthOptions {
  /** Down when the last success of a scheduled task is older than its interval and the tolerance. @default true */
  readonly lastSuccess?: boolean;
  /** Down when the last run of a scheduled task failed, was partial or was lost. @default true */
  readonly lastRun?: boolean;
  /** Down when a target of the cleanup falls behind. @default true */
  readonly backlog?: boolean;
  /** The tasks looked at. @default all */
  readonly tasks?: readonly (TaskName | TaskCommandName)[];
}

/** How one task fares, for a probe. */
export interface TaskHealthDetail {
  readonly health: TaskHealth;
  /** One sentence; it names no host, no process and no error message. */
  readonly reason: string;
}

/** The probe's findings about the cleanup's targets. */
export interface BacklogHealthDetail {
  /** `paused`: the cleanup is, so what falls behind is expected to. `unmeasured`: there is no meter, it failed, or it took too long. */
  readonly health: 'ok' | 'failing' | 'paused' | 'unmeasured';
  readonly reason: string;
}

/** How the application's clock stands to the database's, which alone tells when a slot is due. Never makes the probe `down`. */
export interface ClockHealthDetail {
  /** `warning`: they differ by more than a second. */
  readonly health: 'ok' | 'warning';
  readonly reason: string;
  /** Milliseconds that the application's clock is ahead at least, negative when it is behind; 0 while the two may agree. */
  readonly offsetMs: number;
}

/** The health of the maintenance, in the shape of a result of `@nestjs/terminus`. */
export interface MaintenanceHealth {
  readonly status: 'up' | 'down';
  /** Why it is down, one sentence for each cause; absent when it is up. */
  readonly message?: string;
  /** By name; absent when the database could not be asked. */
  readonly tasks?: Readonly<Partial<Record<TaskName, TaskHealthDetail>>>;
  readonly backlog?: BacklogHealthDetail;
  /** Absent when the database could not be asked. */
  readonly clock?: ClockHealthDetail;
}

/** A {@link MaintenanceHealth} by the key of the indicator. */
export type MaintenanceHealthResult<Key extends string = string> = Record<Key, MaintenanceHealth>;

const flag = v.optional(v.boolean('true or false'));

const optionsSchema = strictObject(
  {
    lastSuccess: flag,
    lastRun: flag,
    backlog: flag,
    tasks: v.optional(v.array(taskNameSchema, 'a list of task names')),
  },
  'an object',
);

/**
 * The options with their own properties alone, as {@link strictObject} gives them.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validateHealthOptions(options: MaintenanceHealthOptions): MaintenanceHealthOptions {
  return validate('Invalid call of isHealthy()', optionsSchema, options) as MaintenanceHealthOptions;
}
