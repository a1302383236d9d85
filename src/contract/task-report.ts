import type { Instant } from '../database/instant.js';
import { errorMessage } from '../errors/error-message.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { InterruptionReason } from '../errors/run-interrupted.error.js';

/** How a task ended. `partial`: some parts failed, the rest is done. `stopped`: ended early with work left. */
export type TaskStatus = 'succeeded' | 'partial' | 'failed' | 'skipped' | 'stopped';

/** A failure, for reports. The message never holds a secret. */
export interface ReportedError {
  /** Stable, in capitals, such as `LOCK_TIMEOUT`. */
  readonly code: string;
  readonly message: string;
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
  /** True when it was told to go on whatever the brakes say. */
  readonly force: boolean;
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
  const code = error instanceof MaintenanceError ? error.code : 'UNEXPECTED';
  return { code, message: errorMessage(error) };
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
