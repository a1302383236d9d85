import type { CronSchedule } from '../tasks/schedule/cron-schedule.js';

const MINUTE_MS = 60_000;

/** How late a success may be. */
export interface LatenessTolerance {
  /** The share of a schedule's interval. */
  readonly toleranceFactor: number;
  /** However short the interval is. */
  readonly minToleranceMinutes: number;
}

/**
 * Until when there has to be another success after one that ended at `lastSuccess`: an interval and the tolerance later. The interval is
 * that of the slots that follow, and never is the deadline before the next slot and the tolerance, so that a schedule of working days is
 * not late every Sunday.
 */
export function successDeadline(
  schedule: CronSchedule,
  lastSuccess: Date,
  { toleranceFactor, minToleranceMinutes }: LatenessTolerance,
): Date {
  const next = schedule.nextAfter(lastSuccess);
  const intervalMs = schedule.nextAfter(next).getTime() - next.getTime();
  const toleranceMs = Math.max(intervalMs * toleranceFactor, minToleranceMinutes * MINUTE_MS);
  return new Date(Math.max(next.getTime(), lastSuccess.getTime() + intervalMs) + toleranceMs);
}
