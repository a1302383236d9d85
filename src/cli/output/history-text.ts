import type { RunSummary } from '../../status/run-summary.js';
import { countOf, formatDuration } from '../../text/format.js';
import type { Paint } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';
import { RUN_STATUS_STYLE } from '../../text/run-status-style.js';
import { shortInstant } from './status-text.js';
import { padCells } from '../../text/text-table.js';

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
