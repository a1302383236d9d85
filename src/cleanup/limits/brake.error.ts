import { MaintenanceError } from '../../errors/maintenance.error.js';
import type { BrakeLimits, CleanupBrake, TargetLoss } from './brake.js';

const ADVICE = 'See with a dry run what is due, and whether the retention or the limit is what was meant';

/** A target would lose more than a brake allows, or has begun to. Code `BRAKE_MAX_ROWS` or `BRAKE_MAX_FRACTION`. */
export class BrakeError extends MaintenanceError {
  /** The refusal of a target before anything was deleted from it. */
  public static refusal(brake: CleanupBrake, loss: TargetLoss, limits: BrakeLimits): BrakeError {
    const due =
      loss.total === null
        ? `More than ${limits.maxRowsPerTarget} rows are due`
        : `${loss.rows} of ${loss.total} rows (${percent(loss.rows / loss.total)}) are due`;
    return new BrakeError(brake, `${due}, ${limitOf(brake, limits)}: nothing was deleted. ${ADVICE}`);
  }

  /** The end of a deletion that came upon more rows than had been counted before it. */
  public static excess(brake: CleanupBrake, loss: TargetLoss, limits: BrakeLimits): BrakeError {
    const deleted = loss.total === null ? `${loss.rows} rows` : `${loss.rows} rows of what were ${loss.total}`;
    return new BrakeError(
      brake,
      `Rows became due while the run went on: ${deleted} are deleted, ${limitOf(brake, limits)}, and the rest was left. ${ADVICE}`,
    );
  }

  private constructor(brake: CleanupBrake, message: string) {
    super(brake, message);
  }
}

function limitOf(brake: CleanupBrake, { maxRowsPerTarget, maxFractionPerTarget }: BrakeLimits): string {
  return brake === 'BRAKE_MAX_ROWS'
    ? `cleanup.maxRowsPerTarget allows ${maxRowsPerTarget}`
    : `cleanup.maxFractionPerTarget allows ${maxFractionPerTarget} (${percent(maxFractionPerTarget)})`;
}

/** One digit after the point, rounded up, so that a share above a limit never looks equal to it. */
function percent(share: number): string {
  return `${Math.ceil(share * 1000 - 1e-9) / 10} %`;
}
