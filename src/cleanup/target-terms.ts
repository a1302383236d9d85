import type { Instant } from '../database/instant.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import { runCutoffs } from './run-cutoffs.js';

/** What a policy says of a target at one time. */
export interface RunTerms {
  readonly runAt: Instant;
  readonly policy: CompleteRetentionPolicy;
}

/** Days that a target's rows are kept; 0 = forever, null for a target ruled by expiry alone. */
export function retentionDaysOf({ policy }: Pick<RunTerms, 'policy'>, target: AnyCleanupTarget): number | null {
  return 'retention' in target && target.retention !== undefined ? policy[target.retention.option] : null;
}

/** Rows from before this instant are due. */
export function cutoffOf({ runAt, policy }: RunTerms, target: AnyCleanupTarget): Instant {
  return runCutoffs(runAt, policy)(target.retention?.option ?? 'expiredGraceMinutes').instant;
}
