import * as v from 'valibot';
import { strictObject } from '../../validation/strict-object.js';
import { validate } from '../../validation/validation.js';

/** How a backlog is to be measured. */
export interface BacklogRequest {
  /** Counts every due row, however large the table. @default false: large tables are estimated */
  readonly exact?: boolean;
  /** Ends the measurement between two statements; what was not measured is reported as skipped. */
  readonly signal?: AbortSignal;
}

const requestSchema = strictObject(
  {
    exact: v.optional(v.boolean('true or false')),
    signal: v.optional(v.instance(AbortSignal, 'an AbortSignal')),
  },
  'an object',
);

/**
 * The request with its own properties alone, as {@link strictObject} gives them.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validateBacklogRequest(request: BacklogRequest): BacklogRequest {
  return validate('Invalid call of backlog()', requestSchema, request) as BacklogRequest;
}
