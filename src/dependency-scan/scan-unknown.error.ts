import { MaintenanceError } from '../errors/maintenance.error.js';

/**
 * A scan could not tell whether there are known vulnerabilities; the message says why. Becomes the reason of a report. Code `SCAN_UNKNOWN`.
 */
export class ScanUnknownError extends MaintenanceError {
  public constructor(reason: string) {
    super('SCAN_UNKNOWN', reason);
  }
}
