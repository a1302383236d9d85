import type { MaintenanceTask } from '../contract/maintenance-task.js';
import type { Instant } from '../database/instant.js';
import type { ScheduleInForce } from '../tasks/schedule/schedule-in-force.js';
import { RUN_BY, type RunSchedule } from '../tasks/schedule/run-schedule.js';
import type { CompleteHealthSettings } from './health-settings.js';
import type { TaskRecord } from './read-task-records.js';
import { stopReasonText } from '../text/run-line.js';
import { isComplete } from '../contract/task-report.js';
import type { RunRow } from './run-row.js';

/** How the last run ended, how old the last success is, or what a run that succeeded found. */
type TaskFindingKind = 'last-run' | 'last-success' | 'outcome';

/** Something that is not as it should be with a task. */
export interface TaskFinding {
  readonly kind: TaskFindingKind;
  readonly level: 'warning' | 'failing';
  /** One sentence without its end. Names no host, no process and no error message: a health endpoint may be public. */
  readonly message: string;
}

/** The findings about a task, the worst first; none when it is as it should be. */
export function taskFindings({
  task,
  record: { lastRun, lastSuccessAt, pause, pauseEndedAt },
  inForce: { schedule, by },
  since,
  at,
  tolerance,
}: {
  readonly task: MaintenanceTask;
  readonly record: TaskRecord;
  readonly inForce: Pick<ScheduleInForce, 'schedule' | 'by'>;
  /** From when on a success can be asked for, when there was none since; null when that is not known. */
  readonly since: Instant | null;
  readonly at: Instant;
  readonly tolerance: LatenessTolerance;
}): TaskFinding[] {
  // Text of one form sorts as the times do. While a task is paused, nobody waits for it.
  const latest = [lastSuccessAt, since, pauseEndedAt]
    .filter((instant) => instant !== null)
    .toSorted()
    .at(-1);
  const deadline =
    schedule === undefined || latest === undefined || pause !== null
      ? undefined
      : successDeadline(schedule, new Date(latest), tolerance);
  return [
    ...(schedule === undefined || deadline === undefined || deadline >= new Date(at)
      ? []
      : [lateness({ schedule, by }, deadline, lastSuccessAt)]),
    ...(lastRun === null ? [] : lastRunFindings(task, lastRun)),
  ];
}

function lateness(
  { schedule, by = 'timer' }: { readonly schedule: RunSchedule; readonly by: ScheduleInForce['by'] },
  deadline: Date,
  lastSuccessAt: Instant | null,
): TaskFinding {
  const never = lastSuccessAt === null ? `it has never succeeded` : `its last success was at ${lastSuccessAt}`;
  const origin = `${by === 'timer' ? '' : `run ${RUN_BY[by]}, `}schedule "${schedule.expression}" ${schedule.timeZone}`;
  const due = `one was due by ${deadline.toISOString()} (${origin}, tolerance included)`;
  return { kind: 'last-success', level: 'failing', message: `${never}; ${due}` };
}

function lastRunFindings(task: MaintenanceTask, run: RunRow): TaskFinding[] {
  const { status, startedAt, stopReason, error } = run;
  const why = stopReason === null ? '' : ` (${stopReasonText(stopReason)})`;
  if (isComplete(task, run)) {
    return outcomeFindings(task, run);
  }
  const code = error === null ? '' : ` (${error.code})`;
  const failure = (message: string): TaskFinding[] => [{ kind: 'last-run', level: 'failing', message }];
  switch (status) {
    case 'failed':
      return failure(`its last run, begun at ${startedAt}, failed${code}`);
    case 'partial':
      return failure(`its last run, begun at ${startedAt}, was partial: some of it failed${code}`);
    case 'lost':
      return failure(
        `its last run, begun at ${startedAt}, was lost: its process crashed or lost touch with the database`,
      );
    case 'stopped':
      return [
        {
          kind: 'last-run',
          level: 'warning',
          message: `its last run, begun at ${startedAt}, was stopped${why} with work left, which the next one does`,
        },
      ];
    default:
      return outcomeFindings(task, run);
  }
}

function outcomeFindings(task: MaintenanceTask, { fields }: RunRow): TaskFinding[] {
  return (task.concerns?.(fields ?? {}) ?? []).map((message) => ({ kind: 'outcome', level: 'warning', message }));
}

const MINUTE_MS = 60_000;

/** How late a success may be. */
type LatenessTolerance = Pick<CompleteHealthSettings, 'toleranceFactor' | 'minToleranceMinutes'>;

/**
 * Until when there has to be another success after one that ended at `lastSuccess`: an interval and the tolerance later. The interval is
 * that of the slots that follow, and never is the deadline before the next slot and the tolerance, so that a schedule of working days is
 * not late every Sunday.
 */
export function successDeadline(
  schedule: RunSchedule,
  lastSuccess: Date,
  { toleranceFactor, minToleranceMinutes }: LatenessTolerance,
): Date {
  const next = schedule.nextAfter(lastSuccess);
  const intervalMs = schedule.nextAfter(next).getTime() - next.getTime();
  const toleranceMs = Math.max(intervalMs * toleranceFactor, minToleranceMinutes * MINUTE_MS);
  return new Date(Math.max(next.getTime(), lastSuccess.getTime() + intervalMs) + toleranceMs);
}
