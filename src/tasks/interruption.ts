import { reportedError, type ReportedError } from '../contract/task-report.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import { RunInterruptedError } from '../errors/run-interrupted.error.js';
import type { ActiveRun } from './active-run.js';

/**
 * True for what ends the work of a run that has to stop: the error of a beforeBatch, or that of a statement which took too long after
 * the wish to stop and was cancelled, its batch rolled back whole.
 */
export function isInterruption(error: unknown, isStopping: boolean): boolean {
  return error instanceof RunInterruptedError || (isStopping && sqlState(error) === SQL_STATE.queryCanceled);
}

/** What the report of a run says when the run was taken for crashed while it went on; nothing otherwise. */
export function lostLease({ interruption }: ActiveRun): { readonly error?: ReportedError } {
  return interruption === 'lease-lost' ? { error: reportedError(new RunInterruptedError(interruption)) } : {};
}

/** As {@link lostLease}, also for a run whose time budget was used up. */
export function endedEarly(run: ActiveRun): { readonly error?: ReportedError } {
  return run.interruption === 'time-budget'
    ? { error: reportedError(new RunInterruptedError(run.interruption)) }
    : lostLease(run);
}
