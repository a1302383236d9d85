import type { MaintenanceTask } from '../contract/maintenance-task.js';
import type { Instant } from '../database/instant.js';
import type { CronSchedule } from '../tasks/schedule/cron-schedule.js';
import type { TaskRecord } from './read-task-records.js';
import { isComplete, type RunRow } from './run-row.js';

/** What a finding is about: how the last run ended, how old the last success is, or what a run that succeeded found. */
type TaskFindingKind = 'last-run' | 'last-success' | 'outcome';

/** Something that is not as it should be with a task. */
export interface TaskFinding {
  readonly kind: TaskFindingKind;
  readonly level: 'warning' | 'failing';
  /** One sentence without its end. Names no host, no process and no error message: a health endpoint may be public. */
  readonly message: string;
}

/** What a task is judged by. */
interface TaskEvidence {
  readonly task: MaintenanceTask;
  readonly record: TaskRecord;
  /** Undefined when the task is left to manual runs. */
  readonly schedule: CronSchedule | undefined;
  /** From when on a success can be asked for, when there was none since; null when that is not known. */
  readonly since: Instant | null;
  readonly at: Instant;
  readonly tolerance: LatenessTolerance;
}

/** What is wrong with a task, the worst first; nothing when it is as it should be. */
export function taskFindings(evidence: TaskEvidence): TaskFinding[] {
  const { lastRun } = evidence.record;
  const findings = [
    ...latenessFindings(evidence),
    ...(lastRun === null ? [] : lastRunFindings(evidence.task, lastRun)),
  ];
  return findings.toSorted((one, other) => rank(one) - rank(other));
}

function rank({ level }: TaskFinding): number {
  return level === 'failing' ? 0 : 1;
}

function latenessFindings({ record, schedule, since, at, tolerance }: TaskEvidence): TaskFinding[] {
  const { lastSuccessAt } = record;
  // Text of one form sorts as the times do.
  const [latest] = [lastSuccessAt, since]
    .filter((instant) => instant !== null)
    .toSorted()
    .toReversed();
  if (schedule === undefined || latest === undefined) {
    return [];
  }
  const deadline = successDeadline(schedule, new Date(latest), tolerance);
  if (deadline >= new Date(at)) {
    return [];
  }
  const never = lastSuccessAt === null ? `it has never succeeded` : `its last success was at ${lastSuccessAt}`;
  const due = `one was due by ${deadline.toISOString()} (schedule "${schedule.expression}" ${schedule.timeZone}, tolerance included)`;
  return [{ kind: 'last-success', level: 'failing', message: `${never}; ${due}` }];
}

function lastRunFindings(task: MaintenanceTask, run: RunRow): TaskFinding[] {
  const { status, startedAt, error } = run;
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
          message: `its last run, begun at ${startedAt}, was stopped with work left, which the next one does`,
        },
      ];
    default:
      return outcomeFindings(task, run);
  }
}

function outcomeFindings(task: MaintenanceTask, { figures }: RunRow): TaskFinding[] {
  return (task.concerns?.(figures ?? {}) ?? []).map((message) => ({ kind: 'outcome', level: 'warning', message }));
}

const MINUTE_MS = 60_000;

/** How late a success may be. */
interface LatenessTolerance {
  /** The share of a schedule's interval. */
  readonly toleranceFactor: number;
  /** However short the interval is. */
  readonly minToleranceMinutes: number;
}

/**
 * Until when there has to be another success after one that ended at `lastSuccess`: an interval and the tolerance later. The interval is
 * that of the slots that follow, and never is the deadline before the next slot and the tolerance, so that a schedule of working days is
 * not late every Sunday.
 */
export function successDeadline(
  schedule: CronSchedule,
  lastSuccess: Date,
  { toleranceFactor, minToleranceMinutes }: LatenessTolerance,
): Date {
  const next = schedule.nextAfter(lastSuccess);
  const intervalMs = schedule.nextAfter(next).getTime() - next.getTime();
  const toleranceMs = Math.max(intervalMs * toleranceFactor, minToleranceMinutes * MINUTE_MS);
  return new Date(Math.max(next.getTime(), lastSuccess.getTime() + intervalMs) + toleranceMs);
}
