import type { MappedTable } from '../database/mapped-table.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import { errorMessage } from '../errors/error-message.js';
import type { DoctorCheck } from './doctor-report.js';

/** Reports a table that could not be examined: not known to be in order is a problem. */
export function unexaminableCheck(error: unknown, { tableName, sqlName }: MappedTable, sqlRole: string): DoctorCheck {
  return {
    name: 'table',
    level: 'problem',
    subject: tableName,
    message: `${sqlName} could not be examined: ${errorMessage(error)}`,
    whatToDo: cureOf(sqlState(error), sqlName, sqlRole),
  };
}

function cureOf(state: string | undefined, sqlName: string, sqlRole: string): string {
  const sqlSchema = sqlName.slice(0, Math.max(0, sqlName.lastIndexOf('."')));
  switch (state) {
    case SQL_STATE.insufficientPrivilege:
      return `grant usage on schema ${sqlSchema} to ${sqlRole};`;
    case SQL_STATE.lockNotAvailable:
      return 'another session locks the table, see pg_locks; ask again when it is done';
    default:
      return 'see what the message says, then ask again';
  }
}
