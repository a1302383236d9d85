import type { Instant } from '../database/instant.js';
import type { CronSchedule } from '../tasks/schedule/cron-schedule.js';
import type { TaskState } from './maintenance-status.js';
import type { EvaluatedTask } from './task-evaluator.js';

/** The health of a task, and why. */
export function healthOfTask(
  { record, inForce, findings }: EvaluatedTask,
  at: Instant,
): Pick<TaskState, 'health' | 'reason'> {
  const [finding] = findings;
  const { schedule } = inForce;
  const next = schedule === undefined ? '' : `; the next run is due at ${nextSlot(schedule, at)}`;
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

/** The first slot after a time. */
export function nextSlot(schedule: CronSchedule, at: Instant): Instant {
  return schedule.nextAfter(new Date(at)).toISOString();
}
