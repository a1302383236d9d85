import type { MaintenanceTask } from '../../contract/maintenance-task.js';
import type { TaskReport } from '../../contract/task-report.js';
import { MAINTENANCE_TASKS } from '../../maintenance-tasks.js';
import type { RecordedRun, RunSummary } from '../../status/run-summary.js';
import { countOf, formatDuration, onOneLine } from '../../text/format.js';
import { type Paint, RUN_STATUS_STYLE } from '../../text/paint.js';
import { foldLine } from '../../text/fold.js';
import { inPlainText } from '../../text/plain-text.js';
import { askedFor, stopReasonText } from '../../text/run-line.js';
import { tableLines } from '../../text/text-table.js';
import { shortInstant } from './status-text.js';

const COLUMNS = [
  { title: 'began (UTC)', align: 'left' },
  { title: 'task', align: 'left' },
  { title: 'started by', align: 'left' },
  { title: 'status', align: 'left', isKept: true },
  { title: 'time', align: 'right' },
  { title: 'run', align: 'left' },
  { title: 'what it did', align: 'left' },
] as const;
const STATUS_COLUMN = 3;
/** In the list; the run alone shows the whole name. */
const LONGEST_ACTOR = 20;

/** How to see what is left out, which is no failure, ever. */
const IDLE_NOTE = '; scheduled runs that found nothing to do are left out, --all lists them too';

/** Past runs for people: a row each, and how many there are. */
export function historyText(history: readonly RunSummary[], paint: Paint, isWithoutIdle = false): string {
  const note = isWithoutIdle ? IDLE_NOTE : '';
  if (history.length === 0) {
    return `no runs${note}`;
  }
  const runs = inPlainText(history);
  const styles = runs.map(({ status }) => RUN_STATUS_STYLE[status]);
  return [
    ...tableLines(COLUMNS, runs.map(cellsOf), paint, { column: STATUS_COLUMN, styles }),
    '',
    `${countOf(runs.length, 'run')}${note}`,
  ].join('\n');
}

function cellsOf(run: RunSummary): readonly string[] {
  const { startedAt, task, trigger, startedBy, status, durationMs, runId, summary } = run;
  return [
    shortInstant(startedAt),
    task,
    startedBy?.actor == null ? trigger : `${trigger}, ${onOneLine(startedBy.actor, LONGEST_ACTOR)}`,
    status,
    durationMs === null ? '-' : formatDuration(durationMs),
    runId,
    summary,
  ];
}

function startOf(run: RunSummary): string {
  const { trigger, slot, engine, engineJob } = run;
  const origin = engine === null ? trigger : `${trigger} (${engine}, job ${engineJob})`;
  return [origin, ...(slot === null ? [] : [`for the slot of ${slot}`]), ...askedFor(run)].join(', ');
}

const LABEL_WIDTH = 'what it did'.length;

/** One recorded run for people: its record, and below it its report as the command of its task prints it. */
export function recordedRunText({ report, ...record }: RecordedRun, paint: Paint): string {
  const run = inPlainText(record);
  const entries: readonly (readonly [string, string])[] = [
    ['run', run.runId],
    ['task', run.task],
    ['status', paint(RUN_STATUS_STYLE[run.status], run.status)],
    ['what it did', run.summary],
    ...(run.stopReason === null ? [] : [['stopped as', stopReasonText(run.stopReason, run.cancelledBy)] as const]),
    ['started by', startOf(run)],
    ['owner', run.owner],
    ['began', run.startedAt],
    ['ended', run.finishedAt ?? '-'],
    ['time', run.durationMs === null ? '-' : formatDuration(run.durationMs)],
    ...(run.error === null ? [] : [['error', `${run.error.code}: ${run.error.message}`] as const]),
  ];
  const { columns = Number.POSITIVE_INFINITY } = paint;
  const lines = entries.flatMap(([name, text]) =>
    foldLine(`${name.padEnd(LABEL_WIDTH)}  ${text}`, columns, LABEL_WIDTH + 2),
  );
  return [...lines, ...(report === null ? [] : ['', reportText(run.task, report, paint)])].join('\n');
}

/**
 * A recorded report for people: the text that the command of its task prints. The fields themselves stand for a task without one, and for a
 * report of another release that its text cannot be made of.
 */
export function reportText(name: string, recorded: TaskReport, paint: Paint): string {
  const report = inPlainText(recorded);
  const fields = JSON.stringify(report, undefined, 2);
  const task: MaintenanceTask | undefined = MAINTENANCE_TASKS.find((one) => one.name === name);
  try {
    return task?.command.text(report, paint) ?? fields;
  } catch {
    return fields;
  }
}
