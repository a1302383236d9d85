import { MaintenanceError } from './maintenance.error.js';

/** The database takes no writes: a standby, or `default_transaction_read_only` is on. Code `READ_ONLY_DATABASE`. */
export class ReadOnlyDatabaseError extends MaintenanceError {
  public constructor(cause: unknown) {
    super(
      'READ_ONLY_DATABASE',
      'The database is read-only, as a standby is, so nothing can be written: connect to the primary, ' +
        'or see why default_transaction_read_only is on',
      { cause },
    );
  }
}
