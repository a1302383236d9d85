import type { TaskReport, TaskStatus } from '../contract/task-report.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { isAccident } from '../errors/run-interrupted.error.js';

/** The exit codes of the process. The numbers are API. */
export const EXIT_CODE = { done: 0, failed: 1, usage: 2, partial: 3, notRun: 4, findings: 5, stopped: 6 } as const;

/** One of the {@link EXIT_CODE}s. */
export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE];

/** The meaning of each exit code, for help texts. */
export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'failed',
  2: "wrong usage or configuration, or another policy than an application's; nothing was touched",
  3: 'partial: some targets failed, the rest is done; or the end could not be recorded, or the report not written',
  4: 'not run: another process is running this task, it is paused, or its table is missing',
  5: 'findings: vulnerabilities at or above the level, or doctor found a problem',
  6: 'stopped early by a signal, the time budget or a cancellation, with work left',
};

/** Codes of errors that are thrown before anything is touched and that only another call or configuration cures. */
const USAGE_ERROR_CODES: readonly string[] = [
  'USAGE',
  'CONFIG',
  'RETENTION_BOUNDS',
  'POLICY_DIFFERS',
  'TABLES_NOT_FOUND',
  'UNSUPPORTED_SERVER',
  'RUNS_SCHEMA',
  'READ_ONLY_DATABASE',
  'RUN_NOT_FOUND',
  'RUN_AMBIGUOUS',
  'RUN_ENDED',
  'ALREADY_PAUSED',
  'NOT_PAUSED',
  'HOLD_NOT_FOUND',
  'HOLD_AMBIGUOUS',
  'HOLD_RELEASED',
];

const CODE_BY_STATUS: Readonly<Record<TaskStatus, ExitCode>> = {
  succeeded: EXIT_CODE.done,
  partial: EXIT_CODE.partial,
  failed: EXIT_CODE.failed,
  skipped: EXIT_CODE.notRun,
  stopped: EXIT_CODE.stopped,
};

/** The exit code of a task that ended with a report. */
export function exitCodeOfReport({
  status,
  stopReason,
  error,
}: Pick<TaskReport, 'status' | 'stopReason' | 'error'>): ExitCode {
  // What was asked for is done, by somebody else.
  if (error?.code === 'SLOT_TAKEN') {
    return EXIT_CODE.done;
  }
  return status === 'stopped' && isAccident(stopReason) ? EXIT_CODE.failed : CODE_BY_STATUS[status];
}

/** The exit code of a command that threw. */
export function exitCodeOfError(error: unknown): ExitCode {
  const code = error instanceof MaintenanceError ? error.code : '';
  if (code === 'INTERRUPTED') {
    return EXIT_CODE.stopped;
  }
  return USAGE_ERROR_CODES.includes(code) ? EXIT_CODE.usage : EXIT_CODE.failed;
}
