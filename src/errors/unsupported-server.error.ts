import { MaintenanceError } from './maintenance.error.js';

/** The server is older than PostgreSQL 14, the first with TID range scans. Nothing was touched. Code `UNSUPPORTED_SERVER`. */
export class UnsupportedServerError extends MaintenanceError {
  public constructor(serverVersion: number) {
    const version = `${Math.floor(serverVersion / 10_000)}.${serverVersion % 10_000}`;
    super('UNSUPPORTED_SERVER', `The server is PostgreSQL ${version}; 14 or newer is needed. Nothing was touched.`, {
      context: { serverVersion },
    });
  }
}
