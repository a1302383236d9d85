import { isConnectionLost, SQL_STATE, sqlState } from '../database/sql-state.js';
import { RunInterruptedError } from '../errors/run-interrupted.error.js';

/**
 * True for what ends the work of a run that has to stop: the error of a beforeBatch, that of a statement which took too long after the wish
 * to stop and was cancelled, its batch rolled back whole, or the end of a connection that was cut as not even that was answered.
 */
export function isInterruption(error: unknown, signal: AbortSignal): boolean {
  return (
    error instanceof RunInterruptedError ||
    (signal.aborted &&
      (error === signal.reason || sqlState(error) === SQL_STATE.queryCanceled || isConnectionLost(error)))
  );
}
