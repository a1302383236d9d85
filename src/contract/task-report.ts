import type { Attribution } from './attribution.js';
import type { Instant } from '../database/instant.js';
import { reportedCode } from '../database/sql-state.js';
import { isRetryable } from '../errors/error-codes.js';
import { errorMessage } from '../errors/error-message.js';
import type { InterruptionReason } from '../errors/run-interrupted.error.js';

/** How a task ended. `partial`: some parts failed, the rest is done. `stopped`: ended early with work left. */
export type TaskStatus = 'succeeded' | 'partial' | 'failed' | 'skipped' | 'stopped';

/** A failure, for reports. The message never holds a secret. */
export interface ReportedError {
  /** Stable, in capitals, such as `LOCK_TIMEOUT`. */
  readonly code: string;
  readonly message: string;
  /**
   * True when the same run, made again later, can go through with nothing else done, by the code. Missing in reports that an older release
   * recorded.
   */
  readonly retryable: boolean;
}

/** The fields that the report of every task begins with. */
export interface TaskReport {
  readonly task: string;
  readonly status: TaskStatus;
  /** True when nothing was changed. */
  readonly dryRun: boolean;
  /** A random UUID, also in the log lines of the run. */
  readonly runId: string;
  /** The database's clock at the start of the run, which every cutoff follows from. */
  readonly runAt: Instant;
  /** Milliseconds, rounded. */
  readonly durationMs: number;
  /** Why the run ended before its work was done; null when it did not. */
  readonly stopReason: InterruptionReason | null;
  /** Who cancelled it, and why, in their own words; null when nobody did or said. */
  readonly cancelledBy: Attribution | null;
  /** True when it was told to go on whatever the brakes say. */
  readonly force: boolean;
  /** Who asked for it, and why, in their own words; null when nobody said. */
  readonly startedBy: Attribution | null;
  /**
   * True when the counts may be too low or too high: the answer to a batch was lost, which was committed or not, or the server crashed before
   * batches that it had committed were on the disk, whose rows came back. The next run finds what is left either way.
   */
  readonly isUncertain: boolean;
  /** Why the run as a whole was not started or did not do its work; absent when it did. */
  readonly error?: ReportedError;
}

/** Puts anything thrown into the words of a report. */
export function reportedError(error: unknown): ReportedError {
  return failure(reportedCode(error), errorMessage(error));
}

/** A failure of a code, whether a retry can help included. */
export function failure(code: string, message: string): ReportedError {
  return { code, message, retryable: isRetryable(code) };
}

/** Why a run did not succeed, in one sentence for the command line; undefined when it did. @param ifStopped the end of "x was stopped" */
export function complaintOf(
  command: string,
  { status, error }: Pick<TaskReport, 'status'> & { readonly error?: ReportedError | undefined },
  ifStopped: string,
): string | undefined {
  if (status === 'succeeded') {
    return undefined;
  }
  return error === undefined
    ? `${command} was stopped ${ifStopped}`
    : `${command} ${status} (${error.code}): ${error.message}`;
}

/**
 * True for a run that succeeded, or was partial for errors alone that only a person can see to: it warns, but is neither late nor failing.
 */
export function isComplete(
  { completeDespite = [] }: { readonly completeDespite?: readonly string[] },
  { status, error }: { readonly status: string; readonly error: Pick<ReportedError, 'code'> | null },
): boolean {
  return status === 'succeeded' || (status === 'partial' && completeDespite.includes(error?.code ?? ''));
}
