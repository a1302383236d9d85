import type { BacklogReport, TargetBacklog } from './backlog-report.js';

/** Each slot may find rows that became due just after the one before: one interval is no backlog, and two leave room for a long run. */
const INTERVALS = 2;
const HOUR_SECONDS = 3_600;

/** True when a row has been due for longer than two intervals of the schedule; false when either is not known. */
export function isFallingBehind(oldestDueSeconds: number | null, intervalSeconds: number | null): boolean {
  return oldestDueSeconds !== null && intervalSeconds !== null && oldestDueSeconds > INTERVALS * intervalSeconds;
}

/** The targets of a report that fall behind. */
export function targetsFallingBehind({ targets }: BacklogReport): readonly TargetBacklog[] {
  return targets.filter((target) => target.isFallingBehind);
}

/** Says in one sentence, without its full stop, by how much a target falls behind. */
export function fallingBehindMessage(
  { name, oldestDueSeconds }: Pick<TargetBacklog, 'name' | 'oldestDueSeconds'>,
  { scheduleIntervalSeconds }: Pick<BacklogReport, 'scheduleIntervalSeconds'>,
): string {
  return `${name} falls behind: its oldest due row has been due for ${inHours(oldestDueSeconds)}, the cleanup runs every ${inHours(scheduleIntervalSeconds)}`;
}

function inHours(seconds: number | null): string {
  return `${((seconds ?? 0) / HOUR_SECONDS).toFixed(1)} h`;
}
