import type { CleanupSettings } from '../cleanup-settings.js';

/** Why a target is refused, as an error code: more rows are due than allowed, or a larger share of them. */
export type CleanupBrake = 'BRAKE_MAX_ROWS' | 'BRAKE_MAX_FRACTION';

/** The most that a target may lose in one run; 0 = no such limit. */
export type BrakeLimits = Readonly<Required<Pick<CleanupSettings, 'maxRowsPerTarget' | 'maxFractionPerTarget'>>>;

/** Neither brake. */
export const NO_BRAKES: BrakeLimits = { maxRowsPerTarget: 0, maxFractionPerTarget: 0 };

/** The rows that a target is about to lose, or has lost. */
export interface TargetLoss {
  readonly rows: number;
  /** The rows of the whole table; null when they were not counted. */
  readonly total: number | null;
}

/** True when a brake is set. */
export function hasBrakes({ maxRowsPerTarget, maxFractionPerTarget }: BrakeLimits): boolean {
  return maxRowsPerTarget > 0 || maxFractionPerTarget > 0;
}

/** The brake that a loss calls for; undefined when it is allowed. Exactly as much as a limit is allowed. */
export function brakeFor({ rows, total }: TargetLoss, limits: BrakeLimits): CleanupBrake | undefined {
  const { maxRowsPerTarget, maxFractionPerTarget } = limits;
  if (maxRowsPerTarget > 0 && rows > maxRowsPerTarget) {
    return 'BRAKE_MAX_ROWS';
  }
  const isLargeShare = total !== null && total > 0 && rows / total > maxFractionPerTarget;
  return maxFractionPerTarget > 0 && isLargeShare ? 'BRAKE_MAX_FRACTION' : undefined;
}

/** True of the end of a target that a brake left untouched. @param code that of its error */
export function isBrakeRefusal(rows: number, code: string | null | undefined): boolean {
  return rows === 0 && code?.startsWith('BRAKE_') === true;
}
