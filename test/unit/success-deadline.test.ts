import { describe, expect, it } from '@jest/globals';
import { successDeadline } from '../../src/status/task-findings.js';
import { CronSchedule } from '../../src/tasks/schedule/cron-schedule.js';

const HALF = { toleranceFactor: 0.5, minToleranceMinutes: 5 };

describe('the deadline of the next success', () => {
  it.each([
    ['a day and half of it for a nightly task', '0 3 * * *', '2026-03-01T03:00:05Z', '2026-03-02T15:00:05.000Z'],
    ['not before the next slot and the tolerance', '0 3 * * *', '2026-03-01T02:59:00Z', '2026-03-02T14:59:00.000Z'],
    [
      'five minutes at least for a task of every minute',
      '* * * * *',
      '2026-03-01T03:00:30Z',
      '2026-03-01T03:06:30.000Z',
    ],
    ['over the weekend for a task of working days', '0 3 * * 1-5', '2026-03-06T03:00:05Z', '2026-03-09T15:00:00.000Z'],
    ['a month and half of it for a monthly task', '0 4 1 * *', '2026-03-01T04:00:00Z', '2026-04-16T04:00:00.000Z'],
  ])('is %s', (_, expression, lastSuccess, deadline) => {
    const schedule = new CronSchedule(expression, 'UTC');
    expect(successDeadline(schedule, new Date(lastSuccess), HALF).toISOString()).toBe(deadline);
  });

  it('follows the local day when the clocks change', () => {
    const schedule = new CronSchedule('0 3 * * *', 'Europe/Berlin');
    const none = { toleranceFactor: 0, minToleranceMinutes: 0 };
    expect(successDeadline(schedule, new Date('2026-03-28T02:00:00Z'), none).toISOString()).toBe(
      '2026-03-29T02:00:00.000Z',
    );
  });
});
