import { describe, expect, it } from '@jest/globals';
import { CronSchedule } from '../../src/tasks/schedule/cron-schedule.js';
import { IntervalSchedule, readSchedule } from '../../src/tasks/schedule/run-schedule.js';
import { describeSchedule } from '../../src/tasks/schedule/schedule-in-force.js';

const AT = new Date('2026-03-10T12:00:00Z');

describe('runs that are expected so long after one another', () => {
  it.each([
    ['1m', '2026-03-10T12:01:00.000Z', 'Every minute'],
    ['90m', '2026-03-10T13:30:00.000Z', 'Every 90 minutes'],
    ['6h', '2026-03-10T18:00:00.000Z', 'Every 6 hours'],
    ['1d', '2026-03-11T12:00:00.000Z', 'Every day'],
    ['366d', '2027-03-11T12:00:00.000Z', 'Every 366 days'],
  ])('are due %s after the last one', async (every, next, words) => {
    const schedule = new IntervalSchedule(every, 'UTC');
    expect(schedule.nextAfter(AT).toISOString()).toBe(next);
    expect(await describeSchedule(schedule)).toBe(words);
    expect(readSchedule(schedule.expression, 'UTC')).toEqual(schedule);
  });

  it.each(['', '0d', '367d', '1w', '1.5h', '-1d', '1 d', '1000000m', '@every 1d'])('are not due "%s"', (every) => {
    expect(() => new IntervalSchedule(every, 'UTC')).toThrow('it is no time such as "30m", "6h" or "1d"');
  });

  it('are told from those of an expression', () => {
    expect(readSchedule('0 3 * * *', 'UTC')).toBeInstanceOf(CronSchedule);
    expect(() => readSchedule('@every now', 'UTC')).toThrow('it is no time');
  });
});
