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
 * The parts of the policy that lie outside the bounds, a sentence each. Keeping forever (0) breaks a `maxDays` and satisfies any `minDays`;
 * where 0 means no grace it is plain zero days.
 */
export function retentionBoundsViolations(policy: CompleteRetentionPolicy, bounds: RetentionBounds): string[] {
  return BOUNDED_RETENTION_OPTIONS.flatMap((option) => {
    const window = bounds[option];
    return window === undefined ? [] : windowViolations(option, policy[option], window);
  });
}

function windowViolations(option: RetentionOption, value: number, window: RetentionWindow): string[] {
  const days = value === 0 && zeroMeansForever(option) ? Infinity : value;
  const shown = days === Infinity ? '0 (forever)' : String(value);
  const violations: string[] = [];
  if (window.minDays !== undefined && days < window.minDays) {
    violations.push(`${option} is ${shown}, at least ${window.minDays} is required`);
  }
  if (window.maxDays !== undefined && days > window.maxDays) {
    violations.push(`${option} is ${shown}, at most ${window.maxDays} is allowed`);
  }
  return violations;
}
