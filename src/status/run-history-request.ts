import * as v from 'valibot';
import type { RunStatus } from '../contract/run-record.js';
import { type TaskCommandName, type TaskName, taskNameSchema } from '../maintenance-tasks.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';
import { wholeNumber } from '../validation/whole-number.js';
import { HISTORY_SINCE_FORM, readTime } from './given-time.js';

const LOWEST = '00000000-0000-0000-0000-000000000000';
const SHORTEST_PREFIX = 4;

/** The accepted form of the id of a run. */
export const RUN_ID_FORM = `the id of a run, a UUID, or its first ${SHORTEST_PREFIX} characters or more`;

/** The lowest and the highest UUID that begin with the id of a run, whole or its beginning; undefined when the text is neither. */
export function runIdRange(text: unknown): { readonly from: string; readonly to: string } | undefined {
  if (typeof text !== 'string' || text.length < SHORTEST_PREFIX || text.length > LOWEST.length) {
    return undefined;
  }
  const id = text.toLowerCase();
  const form = id.replaceAll(/[0-9a-f]/g, '0');
  const rest = LOWEST.slice(id.length);
  return LOWEST.startsWith(form) ? { from: `${id}${rest}`, to: `${id}${rest.replaceAll('0', 'f')}` } : undefined;
}

/** Which past runs to list. */
export interface RunHistoryRequest {
  /** Those of one task. @default all */
  readonly task?: TaskName | TaskCommandName;
  /** Those of one status. @default all */
  readonly status?: RunStatus;
  /**
   * Those that began at this time or later: a `Date`; or a text, as `2026-03-01` (midnight in UTC), `2026-03-01T03:00:00Z`, or so long ago,
   * as `30m`, `12h` or `7d`. @default all
   */
  readonly since?: Date | string;
  /**
   * Those that come after this one in the list, which is the last one of the page before: the id of a run, or its first four characters or
   * more. @default from the latest on
   */
  readonly before?: string;
  /** Leaves out the scheduled runs that succeeded and found nothing to do. @default false */
  readonly withoutIdle?: boolean;
  /** At most this many, the latest first; 1 to 1,000. @default 20 */
  readonly limit?: number;
}

/** How many runs are listed unless the request says otherwise. */
export const DEFAULT_HISTORY_LIMIT = 20;

/** Every status a run may have. */
export const RUN_STATUSES = [
  'running',
  'succeeded',
  'partial',
  'failed',
  'skipped',
  'stopped',
  'lost',
] as const satisfies readonly RunStatus[];

/** The schema of each field of a {@link RunHistoryRequest}. */
export const runHistoryEntries = {
  task: taskNameSchema,
  status: v.picklist(RUN_STATUSES, `one of ${RUN_STATUSES.join(', ')}`),
  since: v.custom<Date | string>((value) => readTime(value) !== undefined, HISTORY_SINCE_FORM),
  before: v.custom<string>((value) => runIdRange(value) !== undefined, RUN_ID_FORM),
  limit: wholeNumber({ min: 1, max: 1_000, unit: 'runs' }),
};

const requestSchema = strictObject(
  {
    task: v.optional(runHistoryEntries.task),
    status: v.optional(runHistoryEntries.status),
    since: v.optional(runHistoryEntries.since),
    before: v.optional(runHistoryEntries.before),
    withoutIdle: v.optional(v.boolean('true or false')),
    limit: v.optional(runHistoryEntries.limit),
  },
  'an object',
);

/**
 * The request with its own properties alone, as {@link strictObject} gives them.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validateRunHistoryRequest(request: RunHistoryRequest): RunHistoryRequest {
  return validate('Invalid call of history()', requestSchema, request) as RunHistoryRequest;
}

const runIdSchema = v.custom<string>((value) => runIdRange(value) !== undefined, RUN_ID_FORM);

/** @throws {MaintenanceConfigError} saying what came and what is accepted */
export function validateRunId(call: 'cancel' | 'run', id: string): void {
  validate(`Invalid call of ${call}()`, strictObject({ id: runIdSchema }, 'an object'), { id });
}
