/** Each slot may find rows that became due just after the one before: one interval is no backlog, and two leave room for a long run. */
const INTERVALS = 2;

/** True when a row has been due for longer than two intervals of the schedule; false when either is not known. */
export function isFallingBehind(oldestDueSeconds: number | null, intervalSeconds: number | null): boolean {
  return oldestDueSeconds !== null && intervalSeconds !== null && oldestDueSeconds > INTERVALS * intervalSeconds;
}
