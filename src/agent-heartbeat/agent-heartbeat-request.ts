import * as v from 'valibot';
import { type AttributedRequest, attributionEntries } from '../contract/attribution.js';
import { claimWaitMs } from '../tasks/claim-by-hand.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';

/** The request of a manual check of the agents' heartbeats. */
export interface AgentHeartbeatRequest extends AttributedRequest {
  /** Say who would be suspended instead of suspending. @default false */
  readonly dryRun?: boolean;
  /** Goes on although the task is paused. @default false */
  readonly force?: boolean;
  /**
   * Milliseconds to wait for another run of the task to end, or to lose its lease, before this one is refused; 0 to 86,400,000. 0 = do not
   * wait. A dry run needs no wait.
   * @default 0
   */
  readonly waitMs?: number;
  /** Stops the run between two batches. */
  readonly signal?: AbortSignal;
}

const requestSchema = strictObject(
  {
    dryRun: v.optional(v.boolean('true or false')),
    force: v.optional(v.boolean('true or false')),
    waitMs: v.optional(claimWaitMs),
    ...attributionEntries,
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
