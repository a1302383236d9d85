import { isTableChanged } from '../database/relation-state.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import { MaintenanceError } from '../errors/maintenance.error.js';

/** Class 42 of the SQLSTATEs: a name, a column or a type is not what it was, or may not be used. */
const NO_LONGER_VALID = '42';

/**
 * A heap is no longer what it was when it was looked at: altered, rewritten, detached, replaced or dropped. Nothing was done to it since.
 * Code `TABLE_CHANGED`.
 */
export class TableChangedError extends MaintenanceError {
  public constructor(
    public readonly sqlName: string,
    cause: unknown,
  ) {
    super(
      'TABLE_CHANGED',
      `${sqlName} was altered, rewritten, detached or dropped while it was worked on: run it again`,
      {
        cause,
      },
    );
  }

  /** True for what a statement fails with whose heap has changed since it was looked at. */
  public static isCauseOf(error: unknown): boolean {
    const state = sqlState(error);
    return (
      isTableChanged(error) ||
      (state?.startsWith(NO_LONGER_VALID) === true && state !== SQL_STATE.insufficientPrivilege)
    );
  }
}
