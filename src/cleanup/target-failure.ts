import { failure, reportedError, type ReportedError } from '../contract/task-report.js';
import { reportedCode, sqlState } from '../database/sql-state.js';
import { errorMessage } from '../errors/error-message.js';
import { MaintenanceError } from '../errors/maintenance.error.js';

type Advice = Readonly<Record<string, string>>;

const RETRIED = 'it came back after every retry; the next run goes on';

const ADVICE: Advice = {
  CONNECTION_LOST:
    'each batch is deleted wholly or not at all, but whether the last ones were is not known; the next run goes on',
  LOCK_TIMEOUT: 'another session locks the table; see pg_locks, or run when it is free',
  STATEMENT_TIMEOUT:
    'even the smallest batch took too long, or someone cancelled it; raise cleanup.statementTimeoutMs or look at triggers on the table',
  DEADLOCK: RETRIED,
  SERIALIZATION_FAILURE: RETRIED,
  PERMISSION_DENIED:
    'grant select, delete and update (one column is enough, to skip locked rows) on the table and on each of its partitions',
};

const MEASURING_ADVICE: Advice = {
  ...ADVICE,
  PERMISSION_DENIED: 'grant select on the table and on each of its partitions',
  STATEMENT_TIMEOUT: 'measuring took longer than cleanup.statementTimeoutMs, or someone cancelled it',
  CONNECTION_LOST: 'nothing was changed',
};

/** The report's code and sentence for whatever ended the deletion from a target. */
export function targetFailure(error: unknown): ReportedError {
  return failureWith(ADVICE, error, reportedCode(error));
}

/** The report's code and sentence for whatever ended the measurement of a target. */
export function measurementFailure(error: unknown): ReportedError {
  return failureWith(MEASURING_ADVICE, error, reportedCode(error));
}

/** An error of this package says itself what to do. */
function failureWith(adviceOf: Advice, error: unknown, code: string): ReportedError {
  if (error instanceof MaintenanceError) {
    return reportedError(error);
  }
  const advice = adviceOf[code];
  if (advice !== undefined) {
    return failure(code, `${errorMessage(error)}: ${advice}`);
  }
  const state = sqlState(error);
  return failure(code, state === undefined ? errorMessage(error) : `${errorMessage(error)} (SQLSTATE ${state})`);
}
