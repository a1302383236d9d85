import * as v from 'valibot';
import { type AttributedRequest, attributionEntries, reasonSchema } from '../contract/attribution.js';
import { type TaskCommandName, type TaskName, taskNamed, taskNameSchema } from '../maintenance-tasks.js';
import { PAUSE_END_FORM, readTime } from '../status/given-time.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';

/** The request of a pause. */
export interface PauseRequest extends AttributedRequest {
  /** Why, as {@link AttributedRequest.reason}: whoever misses the task will ask. */
  readonly reason: string;
  /**
   * When it ends by itself: a `Date`; or a text, as `2026-03-01` (midnight in UTC), `2026-03-01T03:00:00Z`, or so long from now, as `30m`,
   * `12h` or `7d`. @default once somebody resumes the task
   */
  readonly until?: Date | string;
}

/** The schema of each field of a {@link PauseRequest}. */
export const pauseEntries = {
  ...attributionEntries,
  reason: reasonSchema,
  until: v.optional(v.custom<Date | string>((value) => readTime(value) !== undefined, PAUSE_END_FORM)),
};

/** @throws {MaintenanceConfigError} listing every problem */
export function validateAttribution(call: 'cancel' | 'resume', request: AttributedRequest): AttributedRequest {
  const schema = strictObject(attributionEntries, 'an object');
  return validate(`Invalid call of ${call}()`, schema, request) as AttributedRequest;
}

/** @throws {MaintenanceConfigError} listing every problem */
export function validatePause(request: PauseRequest): PauseRequest {
  return validate('Invalid call of pause()', strictObject(pauseEntries, 'an object'), request) as PauseRequest;
}

/** The name of a task that goes by this name or by that of its command. @throws {MaintenanceConfigError} when there is none */
export function validateTaskName(call: 'pause' | 'resume', name: TaskName | TaskCommandName): TaskName {
  validate(`Invalid call of ${call}()`, strictObject({ task: taskNameSchema }, 'an object'), { task: name });
  return taskNamed(name)?.name as TaskName;
}
