import { MaintenanceError } from './maintenance.error.js';

/** A retention policy outside the compliance window. Nothing was deleted. Code `RETENTION_BOUNDS`. */
export class RetentionBoundsError extends MaintenanceError {
  public constructor(public readonly violations: readonly string[]) {
    super(
      'RETENTION_BOUNDS',
      `The retention policy breaks the retention bounds: ${violations.join('; ')}. Nothing was deleted.`,
      {
        context: { violations },
      },
    );
  }
}
