import type { RunSchedule } from '../../tasks/schedule/run-schedule.js';

/** Each slot may find rows that became due just after the one before: one interval is no backlog, and two leave room for a long run. */
const INTERVALS = 2;

/** True when a row has been due for longer than two intervals of the schedule; false when either is not known. */
export function isFallingBehind(oldestDueSeconds: number | null, intervalSeconds: number | null): boolean {
  return oldestDueSeconds !== null && intervalSeconds !== null && oldestDueSeconds > INTERVALS * intervalSeconds;
}

/**
 * Seconds between two slots of a schedule at present: the longer one of the gap that `now` lies in and of the next gap, so that a schedule
 * of working days has a long interval over the weekend. Null without a schedule.
 */
export function scheduleIntervalSeconds(schedule: RunSchedule | undefined, now: Date): number | null {
  if (schedule === undefined) {
    return null;
  }
  const next = schedule.nextAfter(now);
  const last = schedule.latestAt(now) ?? next;
  const gapsMs = [next.getTime() - last.getTime(), schedule.nextAfter(next).getTime() - next.getTime()];
  return Math.round(Math.max(...gapsMs) / 1000);
}
