import { describe, expect, it } from '@jest/globals';
import type { TargetBacklog } from '../../src/cleanup/backlog/backlog-report.js';
import { backlogHealth } from '../../src/health/health-of.js';

const EARLY = '2026-03-01T03:00:00.000000Z';
const LATE = '2026-03-02T03:00:00.000000Z';

describe('the health of a backlog', () => {
  const target: TargetBacklog = {
    name: 'audit_logs',
    status: 'measured',
    dueRows: 1200,
    isEstimate: true,
    oldestDueSince: EARLY,
    oldestDueSeconds: 60,
    tableBytes: 8192,
    isFallingBehind: true,
  };

  it.each([
    [{}, `audit_logs falls behind: about 1,200 rows are due, the oldest since ${EARLY}`],
    [{ isEstimate: false, oldestDueSince: null }, 'audit_logs falls behind: 1,200 rows are due'],
    [{ dueRows: null }, `audit_logs falls behind, the oldest since ${EARLY}`],
  ])('says of a target with %j: %s', (changes, reason) => {
    const report = {
      measuredAt: LATE,
      scheduleIntervalSeconds: null,
      holdsInForce: 0,
      targets: [{ ...target, ...changes }],
    };
    expect(backlogHealth(report)).toEqual({ health: 'failing', reason });
  });
});
