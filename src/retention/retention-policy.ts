import * as v from 'valibot';
import { withoutUndefined } from '../validation/settings-section.js';
import { strictObject } from '../validation/strict-object.js';
import { wholeNumber } from '../validation/whole-number.js';
import { type CompleteRetentionRule, MAX_RETENTION_DAYS, type RetentionRule } from './retention-rule.js';
import { retentionRulesSchema } from './rules-schema.js';

/** How long security records are kept. A day is exactly 24 hours. Every field may be left out. */
export interface RetentionPolicy {
  /** Days a login attempt is kept. 0 = forever. @default 90 */
  readonly loginAttemptsDays?: number;
  /** Days an audit log entry is kept. 0 = forever. @default 365 */
  readonly auditLogDays?: number;
  /**
   * Days a revoked refresh token is kept after its last use, for reuse detection; an expired one goes at once, revoked or not.
   * Tenxyte stores no time of revocation: `last_used_at` stands in for it, which a revocation in bulk does not touch. 0 = no grace: a
   * revoked token goes at the next run. @default 0
   */
  readonly revokedRefreshTokenGraceDays?: number;
  /** Days an agent's pending action that nobody decided is kept after its creation, once expired. 0 = forever. @default 7 */
  readonly agentPendingActionDays?: number;
  /**
   * Days an agent's pending action that a person confirmed or denied is kept after the decision, the later one of two; expired or not. It
   * is the only record of that decision. 0 = forever. @default 0
   */
  readonly decidedAgentPendingActionDays?: number;
  /** Days the record of a past run is kept in this package's own table. 0 = forever. @default 90 */
  readonly maintenanceRunDays?: number;
  /** Minutes by which expiry-based deletion waits, for clock skew and JWT leeway. 0 = none. @default 0 */
  readonly expiredGraceMinutes?: number;
  /** Retentions of their own for some rows of a target; for all others the fields above hold. @default [] */
  readonly rules?: readonly RetentionRule[];
}

/** The name of a field of the policy that is a number. */
export type RetentionOption = Exclude<keyof RetentionPolicy, 'rules'>;

/** A policy with every field decided. */
export type CompleteRetentionPolicy = Readonly<Record<RetentionOption, number>> & {
  readonly rules: readonly CompleteRetentionRule[];
};

/** Tenxyte's own defaults, and this package's for its own table. */
export const DEFAULT_RETENTION: CompleteRetentionPolicy = {
  loginAttemptsDays: 90,
  auditLogDays: 365,
  revokedRefreshTokenGraceDays: 0,
  agentPendingActionDays: 7,
  decidedAgentPendingActionDays: 0,
  maintenanceRunDays: 90,
  expiredGraceMinutes: 0,
  rules: [],
};

const MINUTES_A_DAY = 1440;
const forever = wholeNumber({ max: MAX_RETENTION_DAYS, unit: 'days', zero: 'keep forever' });
const noGrace = wholeNumber({ max: MAX_RETENTION_DAYS, unit: 'days', zero: 'no grace' });
const noWait = wholeNumber({ max: MAX_RETENTION_DAYS * MINUTES_A_DAY, unit: 'minutes', zero: 'no grace' });

/** The schema of each field of a policy. */
export const retentionPolicyEntries = {
  loginAttemptsDays: v.exactOptional(forever),
  auditLogDays: v.exactOptional(forever),
  revokedRefreshTokenGraceDays: v.exactOptional(noGrace),
  agentPendingActionDays: v.exactOptional(forever),
  decidedAgentPendingActionDays: v.exactOptional(forever),
  maintenanceRunDays: v.exactOptional(forever),
  expiredGraceMinutes: v.exactOptional(noWait),
  rules: v.exactOptional(retentionRulesSchema),
};

/**
 * The schema of a policy. An unknown field or one that is present but undefined is an error, as a misspelt or failed look-up
 * would otherwise fall back to a default that deletes sooner than meant.
 */
export const retentionPolicySchema = strictObject(
  retentionPolicyEntries,
  ({ input }) => `Invalid input: expected object, received ${kindOf(input)}`,
);

function kindOf(value: unknown): string {
  const isItsOwnKind = value === null || (typeof value === 'number' && !Number.isFinite(value));
  return isItsOwnKind ? String(value) : Array.isArray(value) ? 'array' : typeof value;
}

/** True when 0 in this field means that the records are never deleted. */
export function zeroMeansForever(option: RetentionOption): boolean {
  return option !== 'revokedRefreshTokenGraceDays' && option !== 'expiredGraceMinutes';
}

/** The policy with {@link DEFAULT_RETENTION} in place of missing fields. */
export function completeRetentionPolicy(
  policy: { readonly [Option in RetentionOption]?: number | undefined } & {
    readonly rules?: readonly CompleteRetentionRule[] | undefined;
  },
): CompleteRetentionPolicy {
  return { ...DEFAULT_RETENTION, ...withoutUndefined(policy) };
}
