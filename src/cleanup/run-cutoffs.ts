import type { Instant } from '../database/instant.js';
import { instantBefore } from '../database/instant.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import type { RunCutoffs } from './targets/due-predicate.js';

const MINUTE_MS = 60_000;
/** A day is exactly 24 hours, whatever a time zone does that day. */
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Every cutoff of a run, from its one clock reading. */
export function runCutoffs(runAt: Instant, policy: CompleteRetentionPolicy): RunCutoffs {
  return (option) => {
    const unitMs = option === 'expiredGraceMinutes' ? MINUTE_MS : DAY_MS;
    return { instant: instantBefore(runAt, policy[option] * unitMs), isZero: policy[option] === 0 };
  };
}
