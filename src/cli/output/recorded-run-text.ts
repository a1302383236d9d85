import type { RecordedRun } from '../../status/run-summary.js';
import { formatDuration } from '../../text/format.js';
import type { Paint } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';
import { reportText } from './report-text.js';
import { RUN_STATUS_STYLE } from '../../text/run-status-style.js';

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
