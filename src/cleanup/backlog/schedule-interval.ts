import type { CronSchedule } from '../../tasks/schedule/cron-schedule.js';

/**
 * Seconds between two slots of a schedule at present: the longer one of the gap that `now` lies in and of the next gap, so that a schedule
 * of working days has a long interval over the weekend. Null without a schedule.
 */
export function scheduleIntervalSeconds(schedule: CronSchedule | undefined, now: Date): number | null {
  if (schedule === undefined) {
    return null;
  }
  const next = schedule.nextAfter(now);
  const last = schedule.latestAt(now) ?? next;
  const gapsMs = [next.getTime() - last.getTime(), schedule.nextAfter(next).getTime() - next.getTime()];
  return Math.round(Math.max(...gapsMs) / 1000);
}
