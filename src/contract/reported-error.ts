import { errorMessage } from '../errors/error-message.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { ReportedError } from './task-report.js';

/** Puts anything thrown into the words of a report. */
export function reportedError(error: unknown): ReportedError {
  const code = error instanceof MaintenanceError ? error.code : 'UNEXPECTED';
  return { code, message: errorMessage(error) };
}
