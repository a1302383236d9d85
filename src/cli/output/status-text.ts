import type { ProgressSnapshot } from '../../contract/progress-snapshot.js';
import type { MaintenanceStatus, RunningRun, TaskHealth, TaskState } from '../../status/maintenance-status.js';
import type { HoldsSummary } from '../../holds/legal-hold.js';
import { RUN_BY } from '../../tasks/schedule/run-schedule.js';
import { countOf, formatDuration } from '../../text/format.js';
import type { Paint, PaintStyle } from '../../text/paint.js';
import { askedFor, withAttribution } from '../../text/run-line.js';
import { inPlainText } from '../../text/plain-text.js';
import { type TableColumn, tableLines } from '../../text/text-table.js';

const COLUMNS = [
  'task',
  'schedule',
  'time zone',
  'last run (UTC)',
  'ended',
  'time',
  'what it did',
  'next run (UTC)',
  'health',
].map((title): TableColumn => ({
  title,
  align: title === 'time' ? 'right' : 'left',
  isDetail: title === 'time zone',
  isKept: title === 'last run (UTC)' || title === 'ended' || title === 'health',
}));

const HEALTH_STYLE: Readonly<Record<TaskHealth, PaintStyle>> = {
  ok: 'green',
  warning: 'yellow',
  failing: 'red',
  paused: 'yellow',
  unknown: 'dim',
  off: 'dim',
};

/** The status for people: a row for each task, what goes on just now and why the health is what it is below. */
export function statusText(status: MaintenanceStatus, paint: Paint): string {
  const { at, isRecorded, tasks, holds } = inPlainText(status);
  const styles = tasks.map(({ health }) => HEALTH_STYLE[health]);
  const running = tasks.flatMap(({ task, running: run }) => (run === null ? [] : [runningLine(task, run)]));
  return [
    ...tableLines(COLUMNS, tasks.map(cellsOf), paint, { column: COLUMNS.length - 1, styles }),
    '',
    ...running,
    ...tasks.map(({ task, health, reason }) => `${task}: ${paint(HEALTH_STYLE[health], health)}, ${reason}`),
    ...holdLines(holds, paint),
    '',
    paint('dim', `as of ${at}${isRecorded ? originOf(tasks) : ', nothing has run on this database yet'}`),
  ].join('\n');
}

/** An instant as tables show it. */
export function shortInstant(instant: string | null): string {
  return instant === null ? '-' : instant.slice(0, 19).replace('T', ' ');
}

function cellsOf({ task, schedule, lastRun, nextRunAt, health }: TaskState): readonly string[] {
  const duration = lastRun?.durationMs ?? null;
  return [
    task,
    schedule.description === null
      ? schedule.source === 'options'
        ? 'off'
        : 'not known'
      : `${schedule.description}${schedule.by === null || schedule.by === 'timer' ? '' : `, ${RUN_BY[schedule.by]}`}`,
    schedule.timeZone ?? '-',
    lastRun === null ? 'never' : shortInstant(lastRun.startedAt),
    lastRun?.status ?? '-',
    duration === null ? '-' : formatDuration(duration),
    lastRun?.summary ?? '-',
    shortInstant(nextRunAt),
    health,
  ];
}

function runningLine(task: string, run: RunningRun): string {
  const { runId, owner, startedAt, leaseSecondsLeft, progress, cancelRequestedAt, cancelledBy } = run;
  const begin = [`run ${runId} of ${owner} since ${startedAt}`, ...askedFor(run)].join(', ');
  const end =
    cancelRequestedAt === null ? '' : `; ${withAttribution(`cancelled at ${cancelRequestedAt}`, cancelledBy)}`;
  const done = progress === null ? '' : `; ${progressText(progress)}`;
  return `${task} is at work: ${begin}; its lease has ${leaseSecondsLeft} s left${done}${end}`;
}

/** `43% done, login_attempts: 12,000 rows, 1 min 5 s left` */
function progressText({ overall, parts }: ProgressSnapshot): string {
  const current = parts.findLast(({ status }) => status === null);
  const words = current && [
    countOf(current.count, current.unit),
    // A guess of less than a second says nothing of a part that goes on.
    ...(current.remainingMs === null || current.remainingMs < 1_000
      ? []
      : [`${formatDuration(current.remainingMs)} left`]),
  ];
  const share = `${Math.floor(overall * 100)}% done`;
  return current === undefined || words === undefined ? share : `${share}, ${current.name}: ${words.join(', ')}`;
}

/** Nothing where no hold is in force. */
function holdLines(holds: HoldsSummary | null, paint: Paint): string[] {
  if (holds === null || holds.inForce === 0) {
    return [];
  }
  const { inForce, coolingDown, pastReview } = holds;
  const parts = [
    ...(coolingDown === 0 ? [] : [`${coolingDown} of them released and cooling down`]),
    ...(pastReview === 0 ? [] : [paint('yellow', `${pastReview} of them past review`)]),
  ];
  return [[`${countOf(inForce, 'legal hold')} in force`, ...parts].join(', ')];
}

function originOf(tasks: readonly TaskState[]): string {
  if (tasks.every(({ schedule }) => schedule.source === 'options')) {
    return ', schedules of the options in force here';
  }
  return tasks.some(({ schedule }) => schedule.source === 'recorded')
    ? ', schedules as the application recorded them; "not known": it recorded none'
    : ', no application has recorded its schedules here';
}
