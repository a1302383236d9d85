import { attributionOf } from '../contract/attribution.js';
import type { MaintenanceTask, TaskRequest } from '../contract/maintenance-task.js';
import type { BusyTask, ClaimOutcome, GrantedClaim, RunClaim, RunEnd } from '../contract/run-record.js';
import {
  failure,
  type ReportedError,
  reportedError,
  type TaskReport,
  type TaskStatus,
} from '../contract/task-report.js';
import { pauseText } from '../text/run-line.js';
import type { Instant } from '../database/instant.js';
import { errorMessage } from '../errors/error-message.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { InterruptionReason } from '../errors/run-interrupted.error.js';
import type { ActiveRun } from './active-run.js';
import type { RunOfSlot } from './runs/slot-runs.js';
import type { CompleteCoordinationSettings } from './coordination-settings.js';

/** Reasons that whoever called for the run does not know of. */
const UNKNOWN_TO_CALLER: readonly InterruptionReason[] = ['cancelled', 'lease-lost', 'time-budget', 'no-answer'];

/** The report of a run that was not made. */
export function skippedReport<Request extends TaskRequest, Report extends TaskReport>(
  task: MaintenanceTask<string, string, Request, Report>,
  request: Request,
  {
    runId,
    runAt,
    error,
    stopReason = null,
  }: {
    readonly runId: string;
    readonly runAt: Instant;
    readonly error: ReportedError;
    /** Why it was asked to stop before it was made. @default null, which leaves it skipped */
    readonly stopReason?: InterruptionReason | null;
  },
): Report {
  const nothing = task.nothingDone(request, error);
  const status = stopReason === null ? 'skipped' : 'stopped';
  const startedBy = attributionOf(request);
  const asked = { stopReason, cancelledBy: null, force: request.force === true, startedBy };
  const envelope = {
    task: task.name,
    status,
    dryRun: false,
    runId,
    runAt,
    durationMs: 0,
    ...asked,
    isUncertain: false,
  };
  return { ...envelope, ...nothing, error } as unknown as Report;
}

/** The record of a run that has a report; its summary says why it did nothing, when it did nothing. */
export function endOf<Report extends TaskReport>(
  task: Pick<MaintenanceTask<string, string, TaskRequest, Report>, 'summarize' | 'logSummary'>,
  report: Report,
): RunEnd {
  const { status, stopReason, error = null } = report;
  const isUndone = error !== null && (status === 'failed' || status === 'skipped');
  const summary = isUndone ? error.message : task.summarize(report) || (error?.message ?? status);
  const isIdle = status === 'succeeded' && error === null && task.logSummary(report).isIdle === true;
  return { status, report, error, stopReason, summary, isIdle };
}

/**
 * Why a run ended before its work was done, also as its error where its caller did not ask for it. Nothing of a cancellation that came
 * when all was done.
 */
export function stopOf(
  { signal, stopReason, cancelledBy }: Pick<ActiveRun, 'signal' | 'stopReason' | 'cancelledBy'>,
  status: TaskStatus,
): Pick<TaskReport, 'stopReason' | 'cancelledBy'> & { readonly error?: ReportedError } {
  if (stopReason === undefined || (stopReason === 'cancelled' && status === 'succeeded')) {
    return { stopReason: null, cancelledBy: null };
  }
  const error = UNKNOWN_TO_CALLER.includes(stopReason) ? { error: reportedError(signal.reason) } : {};
  return { stopReason, cancelledBy, ...error };
}

/** The failure of a run of which nobody knows whether it was granted. */
export function claimUncertain(
  { task, runId }: RunClaim,
  { leaseSeconds }: Pick<CompleteCoordinationSettings, 'leaseSeconds'>,
  cause: unknown,
): MaintenanceError {
  const message =
    `${task} was not started: the answer to the claim of run ${runId} was lost (${errorMessage(cause)}). ` +
    `If it was granted, no other run of the task begins before its lease has run out, in ${leaseSeconds} s at most`;
  return new MaintenanceError('CLAIM_UNCERTAIN', message, { cause });
}

function alreadyRunning(task: string, busy: BusyTask, isStopped: boolean): ReportedError {
  const verdict = isStopped
    ? 'this run was asked to stop while it waited for that, and was not started'
    : 'this run was not started';
  return failure('ALREADY_RUNNING', `${task} is running already (${otherRun(busy)}): ${verdict}`);
}

/** Why a run was not made: another one goes on, its task is paused, or the slot is none to be run now. */
export function whyNotMade(
  { task, slot }: Pick<RunClaim, 'task' | 'slot'>,
  outcome: Exclude<ClaimOutcome, GrantedClaim>,
  { slotRun, isStopped = false }: { readonly slotRun?: RunOfSlot | undefined; readonly isStopped?: boolean } = {},
): ReportedError {
  const ofSlot = `${task} of ${slot?.toISOString()}`;
  if (outcome.kind === 'busy') {
    return alreadyRunning(task, outcome, isStopped);
  }
  if (outcome.kind === 'early') {
    return failure('SLOT_NOT_DUE', `${ofSlot} was not started: by the database's clock, it is ${outcome.at}`);
  }
  if (outcome.kind === 'paused') {
    return failure(
      'TASK_PAUSED',
      `${task} is ${pauseText(outcome.pause)}: this run was not started; resume the task, or force the run`,
    );
  }
  const run = slotRun === undefined ? '' : ` (run ${slotRun.runId} of ${slotRun.owner}, ${slotRun.status})`;
  return failure('SLOT_TAKEN', `${ofSlot} was run already${run}: this run was not started`);
}

/** The run in the way, in words. */
export function otherRun({ other }: BusyTask): string {
  return `run ${other.runId} of ${other.owner} since ${other.startedAt}`;
}
