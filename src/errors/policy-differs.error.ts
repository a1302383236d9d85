import { MaintenanceError } from './maintenance.error.js';

/** A value of the policy that is not the same in two places, as text. */
export interface PolicyDifference {
  /** The path of the option, such as `retention.auditLogDays`. */
  readonly path: string;
  readonly here: string;
  readonly there: string;
}

/**
 * A command line would go by another policy than an application on the same database: it might delete what that one keeps. Nothing was
 * touched. Code `POLICY_DIFFERS`.
 */
export class PolicyDiffersError extends MaintenanceError {
  /** @param problem a sentence without its full stop, and so is `advice`, what to do about it */
  public constructor(
    public readonly problem: string,
    advice: string,
    public readonly differences: readonly PolicyDifference[],
  ) {
    super('POLICY_DIFFERS', `${problem}. ${advice}. Nothing was touched.`, { context: { differences } });
  }
}

/** The differences, one after the other: `retention.auditLogDays is 365 here and 0 there`. */
export function differencesText(differences: readonly PolicyDifference[]): string {
  return differences.map(({ path, here, there }) => `${path} is ${here} here and ${there} there`).join(', ');
}
