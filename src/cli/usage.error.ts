import { errorMessage } from '../errors/error-message.js';
import { MaintenanceError } from '../errors/maintenance.error.js';

/** The command line was called in a way it does not understand. Nothing was touched. Code `USAGE`. */
export class UsageError extends MaintenanceError {
  public constructor(message: string, cause?: unknown) {
    super('USAGE', message, { cause });
  }
}

/** The database could not be reached or did not let the role in. Nothing was touched. Code `CONNECTION_FAILED`. */
export class ConnectionError extends MaintenanceError {
  public constructor(cause: unknown) {
    super(
      'CONNECTION_FAILED',
      `Could not connect to the database, check --database-url or DATABASE_URL: ${errorMessage(cause)}`,
      {
        cause,
      },
    );
  }
}
