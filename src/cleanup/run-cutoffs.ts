import type { Instant } from '../database/instant.js';
import { instantBefore } from '../database/instant.js';
import type { CompleteRetentionPolicy, RetentionOption } from '../retention/retention-policy.js';
import type { RunCutoffs } from './targets/due-predicate.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** A day is exactly 24 hours, whatever a time zone does that day. */
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Every cutoff of a run, from its one clock reading. */
export function runCutoffs(runAt: Instant, policy: CompleteRetentionPolicy): RunCutoffs {
  return (option) => ({
    instant: instantBefore(runAt, retentionMs(policy, option)),
    isZero: policy[option] === 0,
  });
}

/** Whole seconds by which an option of a policy keeps a row beyond its time. */
export function retentionSeconds(policy: CompleteRetentionPolicy, option: RetentionOption): number {
  return retentionMs(policy, option) / SECOND_MS;
}

function retentionMs(policy: CompleteRetentionPolicy, option: RetentionOption): number {
  return policy[option] * (option === 'expiredGraceMinutes' ? MINUTE_MS : DAY_MS);
}
