import type { Instant } from '../database/instant.js';
import { IntervalSchedule } from '../tasks/schedule/run-schedule.js';
import type { TaskState } from './maintenance-status.js';
import { pauseText } from '../text/run-line.js';
import type { EvaluatedTask } from './task-evaluator.js';

/** The health of a task, and why. */
export function healthOfTask(
  { record, inForce, findings }: EvaluatedTask,
  at: Instant,
): Pick<TaskState, 'health' | 'reason'> {
  const [finding] = findings;
  const { schedule } = inForce;
  if (record.pause !== null) {
    const last = finding === undefined ? '' : `; ${finding.message}`;
    return { health: 'paused', reason: `it is ${pauseText(record.pause)}${last}` };
  }
  const nextAt = nextRunAt({ record, inForce }, at);
  const next = nextAt === null ? '' : `; the next run is due at ${nextAt}`;
  if (inForce.source === 'options' && schedule === undefined) {
    const last = finding === undefined ? '' : `; ${finding.message}`;
    return { health: 'off', reason: `its schedule is off: it runs by hand alone${last}` };
  }
  if (finding !== undefined) {
    return { health: finding.level, reason: finding.message };
  }
  if (record.lastSuccessAt !== null) {
    return { health: 'ok', reason: `its last success was at ${record.lastSuccessAt}${next}` };
  }
  return {
    health: 'unknown',
    reason: `it has not run yet${next || '; no application has recorded a schedule that can be read'}`,
  };
}

/** When the next run is expected after a time: at the next slot, or so long after the last run; null without a schedule. */
export function nextRunAt(
  { record: { lastRun }, inForce: { schedule } }: Pick<EvaluatedTask, 'record' | 'inForce'>,
  at: Instant,
): Instant | null {
  const from = schedule instanceof IntervalSchedule && lastRun !== null ? lastRun.startedAt : at;
  return schedule?.nextAfter(new Date(from)).toISOString() ?? null;
}
