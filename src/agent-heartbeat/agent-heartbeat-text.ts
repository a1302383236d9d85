import { complaintOf } from '../contract/task-report.js';
import { countOf, formatDuration, onOneLine } from '../text/format.js';
import { type Paint, STATUS_STYLE } from '../text/paint.js';
import { runLine } from '../text/run-line.js';
import { type TableColumn, tableLines } from '../text/text-table.js';
import type { AgentHeartbeatReport, OverdueAgent } from './agent-heartbeat-report.js';

const COLUMNS: readonly TableColumn[] = [
  { title: 'agent', align: 'left' },
  { title: 'token id', align: 'right' },
  { title: 'last heartbeat (UTC)', align: 'left' },
  { title: 'overdue', align: 'right' },
];

/** A report of the agents' heartbeats for people: a row for each suspended agent that it lists, and the sum. */
export function agentHeartbeatText(report: AgentHeartbeatReport, paint: Paint): string {
  const unlisted = report.suspended - report.agents.length;
  const table = [
    ...tableLines(COLUMNS, report.agents.map(cellsOf), paint),
    ...(unlisted > 0 ? [`and ${countOf(unlisted, 'more agent')}`] : []),
    '',
  ];
  return [...(report.agents.length === 0 ? [] : table), ...notesOf(report), totals(report, paint)].join('\n');
}

/** The failure of a check, in one sentence; undefined when there is none. */
export function agentHeartbeatComplaint(report: AgentHeartbeatReport): string | undefined {
  return complaintOf('check-heartbeats', report, 'with work left, which the next run does');
}

function cellsOf({ agentId, id, lastHeartbeatAt, overdueSeconds }: OverdueAgent): readonly string[] {
  return [
    onOneLine(agentId),
    id,
    lastHeartbeatAt === null ? 'never' : lastHeartbeatAt.slice(0, 19).replace('T', ' '),
    formatDuration(overdueSeconds * 1000),
  ];
}

function notesOf({ lockedAgents }: AgentHeartbeatReport): string[] {
  return lockedAgents === 0 ? [] : [`${countOf(lockedAgents, 'agent')} locked, left to the next run`];
}

function totals(report: AgentHeartbeatReport, paint: Paint): string {
  const { dryRun, suspended, monitored, expired, status } = report;
  const expiry = expired === 0 ? '' : `, ${dryRun ? 'would expire' : 'expired'} ${countOf(expired, 'token')}`;
  const sum = `${dryRun ? 'would suspend' : 'suspended'} ${suspended} of ${countOf(monitored, 'monitored agent')}${expiry}`;
  return runLine(report, paint(STATUS_STYLE[status], status), sum, paint);
}
