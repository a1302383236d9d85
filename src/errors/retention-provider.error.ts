import { errorMessage } from './error-message.js';
import { MaintenanceError } from './maintenance.error.js';

/** The host's retention provider threw or could not be had. Nothing was deleted. Code `RETENTION_PROVIDER`. */
export class RetentionProviderError extends MaintenanceError {
  public constructor(cause: unknown) {
    super('RETENTION_PROVIDER', `The retention provider failed, nothing was deleted: ${errorMessage(cause)}`, {
      cause,
    });
  }
}
