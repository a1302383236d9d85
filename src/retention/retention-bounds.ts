import { isBuiltInRuledTarget, RULED_TARGETS } from './retention-rule.js';
import { ruleName } from './rule-precedence.js';
import { type CompleteRetentionPolicy, type RetentionOption, zeroMeansForever } from './retention-policy.js';

/** The fields of a policy that are counted in days, which alone can be bounded. */
export const BOUNDED_RETENTION_OPTIONS = [
  'loginAttemptsDays',
  'auditLogDays',
  'revokedRefreshTokenGraceDays',
  'agentPendingActionDays',
  'decidedAgentPendingActionDays',
  'maintenanceRunDays',
] as const satisfies readonly RetentionOption[];

/** A compliance window in days, both ends included. */
export interface RetentionWindow {
  /** The shortest retention allowed. Keeping forever satisfies it. @default none */
  readonly minDays?: number;
  /** The longest retention allowed, not below `minDays`. Keeping forever breaks it. @default none */
  readonly maxDays?: number;
}

/** Compliance windows by retention field. A policy outside one is an error, before anything is deleted. */
export type RetentionBounds = Readonly<Partial<Record<(typeof BOUNDED_RETENTION_OPTIONS)[number], RetentionWindow>>>;

/**
 * The parts of the policy that lie outside the bounds, a sentence each, rules among them. Keeping forever breaks a `maxDays` and satisfies
 * any `minDays`; where 0 means no grace it is plain zero days.
 */
export function retentionBoundsViolations(policy: CompleteRetentionPolicy, bounds: RetentionBounds): string[] {
  const options = BOUNDED_RETENTION_OPTIONS.flatMap((option) => {
    const days = policy[option] === 0 && zeroMeansForever(option) ? Infinity : policy[option];
    const shown = days === Infinity ? '0 (forever)' : String(days);
    return windowViolations(`${option} is ${shown}`, days, bounds[option]);
  });
  const rules = policy.rules.flatMap((rule, index) => {
    const option = isBuiltInRuledTarget(rule.target) ? RULED_TARGETS[rule.target].boundedBy : undefined;
    const subject = `rules.${index} (${rule.target} of ${ruleName(rule)}) is ${rule.days}`;
    const days = rule.days === 'forever' ? Infinity : rule.days;
    return option === undefined ? [] : windowViolations(subject, days, bounds[option], ` by the bounds of ${option}`);
  });
  return [...options, ...rules];
}

function windowViolations(subject: string, days: number, window: RetentionWindow | undefined, source = ''): string[] {
  const violations: string[] = [];
  if (window === undefined) {
    return violations;
  }
  if (window.minDays !== undefined && days < window.minDays) {
    violations.push(`${subject}, at least ${window.minDays} is required${source}`);
  }
  if (window.maxDays !== undefined && days > window.maxDays) {
    violations.push(`${subject}, at most ${window.maxDays} is allowed${source}`);
  }
  return violations;
}
