import { MaintenanceError } from './maintenance.error.js';

/** The command line was called in a way it does not understand. Nothing was touched. Code `USAGE`. */
export class UsageError extends MaintenanceError {
  public constructor(message: string, cause?: unknown) {
    super('USAGE', message, { cause });
  }
}
