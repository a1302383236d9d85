import type { RecordedRun, RunSummary } from '../../status/run-summary.js';
import { countOf, formatDuration } from '../../text/format.js';
import { type Paint, RUN_STATUS_STYLE } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';
import { padCells } from '../../text/text-table.js';
import { reportText } from './report-text.js';
import { shortInstant } from './status-text.js';

const COLUMNS = [
  { title: 'began (UTC)', align: 'left' },
  { title: 'task', align: 'left' },
  { title: 'started by', align: 'left' },
  { title: 'status', align: 'left' },
  { title: 'time', align: 'right' },
  { title: 'run', align: 'left' },
  { title: 'what it did', align: 'left' },
] as const;
const STATUS_COLUMN = 3;

/** Past runs for people: a row each, and how many there are. */
export function historyText(history: readonly RunSummary[], paint: Paint): string {
  if (history.length === 0) {
    return 'no runs';
  }
  const runs = inPlainText(history);
  const [titles, ...rows] = padCells(COLUMNS, runs.map(cellsOf));
  return [
    paint('bold', titles.join('  ').trimEnd()),
    ...rows.map((cells, index) => rowOf(cells, runs[index], paint)),
    '',
    countOf(runs.length, 'run'),
  ].join('\n');
}

function cellsOf({ startedAt, task, trigger, status, durationMs, runId, summary }: RunSummary): readonly string[] {
  return [
    shortInstant(startedAt),
    task,
    trigger,
    status,
    durationMs === null ? '-' : formatDuration(durationMs),
    runId,
    summary,
  ];
}

function rowOf(cells: readonly string[], run: RunSummary | undefined, paint: Paint): string {
  const style = RUN_STATUS_STYLE[run?.status ?? 'skipped'];
  return cells
    .map((cell, index) => (index === STATUS_COLUMN ? paint(style, cell) : cell))
    .join('  ')
    .trimEnd();
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
    ['started by', run.slot === null ? run.trigger : `${run.trigger}, for the slot of ${run.slot}`],
    ['owner', run.owner],
    ['began', run.startedAt],
    ['ended', run.finishedAt ?? '-'],
    ['time', run.durationMs === null ? '-' : formatDuration(run.durationMs)],
    ...(run.error === null ? [] : [['error', `${run.error.code}: ${run.error.message}`] as const]),
  ];
  const lines = entries.map(([name, text]) => `${name.padEnd(LABEL_WIDTH)}  ${text}`);
  return [...lines, ...(report === null ? [] : ['', reportText(run.task, report, paint)])].join('\n');
}
