import type { BacklogReport, TargetBacklog } from '../cleanup/backlog/backlog-report.js';
import type { BacklogHealthDetail } from './maintenance-health.js';

/** Judges a backlog; without a report nothing was measured. */
export function backlogHealth(report: BacklogReport | undefined): BacklogHealthDetail {
  if (report === undefined) {
    return { health: 'unmeasured', reason: 'the backlog was not measured' };
  }
  const behind = report.targets.filter(({ isFallingBehind }) => isFallingBehind);
  if (behind.length > 0) {
    return { health: 'failing', reason: behind.map(sentenceOf).join('; ') };
  }
  const unmeasured = report.targets.filter(({ status }) => status === 'failed').map(({ name }) => name);
  const rest = unmeasured.length === 0 ? '' : `; not measured: ${unmeasured.join(', ')}`;
  return { health: 'ok', reason: `no target falls behind${rest}` };
}

function sentenceOf({ name, dueRows, isEstimate, oldestDueSince }: TargetBacklog): string {
  const rows = dueRows === null ? '' : `: ${isEstimate ? 'about ' : ''}${dueRows.toLocaleString('en-US')} rows are due`;
  const oldest = oldestDueSince === null ? '' : `, the oldest since ${oldestDueSince}`;
  return `${name} falls behind${rows}${oldest}`;
}
