import type { ReportedError } from '../contract/task-report.js';
import { isConnectionLost, SQL_STATE, sqlState } from '../database/sql-state.js';
import { errorMessage } from '../errors/error-message.js';
import { MaintenanceError } from '../errors/maintenance.error.js';

const KNOWN_STATES: Readonly<Record<string, { readonly code: string; readonly advice: string }>> = {
  [SQL_STATE.lockNotAvailable]: {
    code: 'LOCK_TIMEOUT',
    advice: 'another session locks the table; see pg_locks, or run when it is free',
  },
  [SQL_STATE.queryCanceled]: {
    code: 'STATEMENT_TIMEOUT',
    advice:
      'even the smallest batch took too long, or someone cancelled it; raise cleanup.statementTimeoutMs or look at triggers on the table',
  },
  [SQL_STATE.deadlockDetected]: { code: 'DEADLOCK', advice: 'it came back after every retry; the next run goes on' },
  [SQL_STATE.serializationFailure]: {
    code: 'SERIALIZATION_FAILURE',
    advice: 'it came back after every retry; the next run goes on',
  },
  [SQL_STATE.insufficientPrivilege]: {
    code: 'PERMISSION_DENIED',
    advice:
      'grant select, delete and update (one column is enough, to skip locked rows) on the table and on each of its partitions',
  },
};

/** Puts whatever ended a target into the report's words. */
export function targetFailure(error: unknown, committedRows: number): ReportedError {
  if (error instanceof MaintenanceError) {
    return { code: error.code, message: error.message };
  }
  const message = errorMessage(error);
  if (isConnectionLost(error)) {
    return {
      code: 'CONNECTION_LOST',
      message: `${message}; ${committedRows} rows are known to be deleted, and the batch in flight either wholly or not at all`,
    };
  }
  const state = sqlState(error);
  const known = KNOWN_STATES[state ?? ''];
  if (known !== undefined) {
    return { code: known.code, message: `${message}: ${known.advice}` };
  }
  return {
    code: state === undefined ? 'UNEXPECTED' : 'DATABASE',
    message: state === undefined ? message : `${message} (SQLSTATE ${state})`,
  };
}

/** What to do, where it is not what one would do about a failed deletion. */
const ADVICE: Readonly<Record<string, string>> = {
  PERMISSION_DENIED: 'grant select on the table and on each of its partitions',
  STATEMENT_TIMEOUT: 'measuring took longer than cleanup.statementTimeoutMs, or someone cancelled it',
  CONNECTION_LOST: 'nothing was changed',
};

/** Puts whatever ended the measurement of a target into the report's words. */
export function measurementFailure(error: unknown): ReportedError {
  const failure = targetFailure(error, 0);
  const advice = ADVICE[failure.code];
  return advice === undefined ? failure : { code: failure.code, message: `${errorMessage(error)}: ${advice}` };
}
