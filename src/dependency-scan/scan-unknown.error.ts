import { MaintenanceError } from '../errors/maintenance.error.js';

/** Whether there are known vulnerabilities could not be told; the message says why. Becomes the reason of a report. Code `SCAN_UNKNOWN`. */
export class ScanUnknownError extends MaintenanceError {
  public constructor(reason: string) {
    super('SCAN_UNKNOWN', reason);
  }
}
