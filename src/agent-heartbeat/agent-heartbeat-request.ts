import * as v from 'valibot';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';

/** The request of a manual check of the agents' heartbeats. */
export interface AgentHeartbeatRequest {
  /** Say who would be suspended instead of suspending. @default false */
  readonly dryRun?: boolean;
  /** Stops the run between two batches. */
  readonly signal?: AbortSignal;
}

const requestSchema = strictObject(
  {
    dryRun: v.optional(v.boolean('true or false')),
    signal: v.optional(v.instance(AbortSignal, 'an AbortSignal')),
  },
  'an object',
);

/**
 * The request with its own properties alone, as {@link strictObject} gives them.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validateAgentHeartbeatRequest(request: AgentHeartbeatRequest): AgentHeartbeatRequest {
  return validate('Invalid call of checkAgentHeartbeats()', requestSchema, request) as AgentHeartbeatRequest;
}
