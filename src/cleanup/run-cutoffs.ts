import { type Instant, instantBefore } from '../database/instant.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import { type RankedRule, rankedRules } from '../retention/rule-precedence.js';
import { ageConditions, keepsEveryRow, type RunCutoffs } from './targets/due-predicate.js';
import type { OrganizationMembers, Retention } from './targets/rule-matches.js';
import type { Cutoff } from './targets/define-cleanup-target.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
/** A day is exactly 24 hours, whatever a time zone does that day. */
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Every cutoff of a run, from its one clock reading. */
export function runCutoffs(runAt: Instant, policy: CompleteRetentionPolicy): RunCutoffs {
  return (cutoff) => {
    const ms = retentionMs(policy, cutoff);
    return { instant: instantBefore(runAt, ms), isZero: ms === 0 };
  };
}

/** How long the options of a policy keep the rows for which no rule holds. */
export function retentionOf({ runAt, policy }: Pick<RunPolicy, 'runAt' | 'policy'>): Retention {
  return {
    cutoffs: runCutoffs(runAt, policy),
    secondsOf: (cutoff) => retentionMs(policy, cutoff) / SECOND_MS,
  };
}

/** The instant that lies so many days before another one. */
export function instantDaysBefore(instant: Instant, days: number): Instant {
  return instantBefore(instant, days * DAY_MS);
}

/** A rule keeps rows for so many days, whichever option decides it for the others. */
export function retentionOfDays(runAt: Instant, days: number): Retention {
  const instant = instantDaysBefore(runAt, days);
  return { cutoffs: () => ({ instant, isZero: false }), secondsOf: () => (days * DAY_MS) / SECOND_MS };
}

function retentionMs(policy: CompleteRetentionPolicy, cutoff: Cutoff): number {
  if (typeof cutoff === 'object') {
    return cutoff.days * DAY_MS;
  }
  return policy[cutoff] * (cutoff === 'expiredGraceMinutes' ? MINUTE_MS : DAY_MS);
}

/** A retention policy at the one time that all cutoffs of a run follow from. */
export interface RunPolicy {
  readonly runAt: Instant;
  readonly policy: CompleteRetentionPolicy;
  /**
   * The members of some organizations when the run began. @default rules name none
   *
   * @throws {MaintenanceError} `RETENTION_RULE` when they could not be looked up
   */
  readonly membersOf?: (organizationIds: readonly string[]) => OrganizationMembers;
}

/** The rules of a target, the one that wins over all others first. */
export function rulesOf({ policy }: Pick<RunPolicy, 'policy'>, target: AnyCleanupTarget): readonly RankedRule[] {
  return rankedRules(policy.rules, target.name);
}

/** Days that a target's rows are kept; 0 = forever, null for a target ruled by expiry alone. */
export function retentionDaysOf({ policy }: Pick<RunPolicy, 'policy'>, target: AnyCleanupTarget): number | null {
  const cutoff = reportedCutoff(target);
  if (typeof cutoff === 'object') {
    return cutoff.days;
  }
  return target.retention === undefined ? null : policy[cutoff];
}

/** True when the policy keeps all rows of a target. */
export function isKeptForever({ runAt, policy }: RunPolicy, target: AnyCleanupTarget): boolean {
  return (
    keepsEveryRow(target.dueWhen, runCutoffs(runAt, policy)) &&
    rulesOf({ policy }, target).every(({ days }) => days === 'forever')
  );
}

/** Rows from before this instant are due, by the target's retention; null when that is forever. */
export function cutoffOf(terms: RunPolicy, target: AnyCleanupTarget): Instant | null {
  return retentionDaysOf(terms, target) === 0
    ? null
    : runCutoffs(terms.runAt, terms.policy)(reportedCutoff(target)).instant;
}

/** The retention, or else the age that every due row has. */
function reportedCutoff({ retention, retentionDays, dueWhen }: AnyCleanupTarget): Cutoff {
  return retentionDays === undefined
    ? (retention?.option ?? ageConditions(dueWhen)[0]?.cutoff ?? 'expiredGraceMinutes')
    : { days: retentionDays };
}
