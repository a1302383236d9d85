import { describe, expect, it } from '@jest/globals';
import type { CronTime } from 'cron';
import fc from 'fast-check';
import { CronCalendar } from '../../src/tasks/schedule/cron-calendar.js';
import { CronSchedule } from '../../src/tasks/schedule/cron-schedule.js';

const latest = (expression: string, at: string, timeZone = 'UTC'): string | undefined =>
  new CronSchedule(expression, timeZone).latestAt(new Date(at))?.toISOString();

describe('the slot of a tick', () => {
  it.each([
    ['0 3 * * *', '2026-03-01T03:00:00.000Z', '2026-03-01T03:00:00.000Z', 'at the very instant'],
    ['0 3 * * *', '2026-03-01T03:00:00.004Z', '2026-03-01T03:00:00.000Z', 'some milliseconds late'],
    ['0 3 * * *', '2026-03-01T02:59:59.999Z', '2026-02-28T03:00:00.000Z', 'a millisecond early'],
    ['0 3 * * *', '2026-03-01T11:42:07.000Z', '2026-03-01T03:00:00.000Z', 'hours late'],
    ['* * * * *', '2026-03-01T03:07:59.999Z', '2026-03-01T03:07:00.000Z', 'a minute schedule'],
    ['* * * * * *', '2026-03-01T03:07:59.999Z', '2026-03-01T03:07:59.000Z', 'a schedule of seconds'],
    ['0 5 1 * *', '2026-03-31T00:00:00.000Z', '2026-03-01T05:00:00.000Z', 'a monthly schedule'],
    ['* * 3 * * *', '2026-03-01T20:00:00.000Z', '2026-03-01T03:59:59.000Z', 'many instants, hours ago'],
    ['0 0 29 2 *', '2026-03-01T00:00:00.000Z', '2024-02-29T00:00:00.000Z', 'a leap day, years ago'],
  ])('%s at %s is %s: %s', (expression, at, slot) => {
    expect(latest(expression, at)).toBe(slot);
  });

  it('follows the time zone, over the start of summer time too', () => {
    expect(latest('30 2 * * *', '2026-03-28T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-28T01:30:00.000Z');
    expect(latest('0 12 * * *', '2026-03-29T12:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T10:00:00.000Z');
  });

  it.each([
    ['0 3 * * *', 'Europe/Berlin', '2026-03-01T02:00:00Z', '2026-03-01T02:00:00.000Z'],
    ['0 3 * * *', 'Europe/Berlin', '2026-03-01T01:59:59.999Z', '2026-02-28T02:00:00.000Z'],
    ['59 59 23 * * *', 'UTC', '2026-03-01T00:00:00Z', '2026-02-28T23:59:59.000Z'],
    ['0 0 29 2 *', 'Europe/Berlin', '2026-03-01T00:00:00Z', '2024-02-28T23:00:00.000Z'],
  ])('of %s in %s at %s is %s', (expression, timeZone, at, slot) => {
    expect(latest(expression, at, timeZone)).toBe(slot);
  });

  it.each([
    ['30 0 0 * * *', '2026-03-02T00:00:10Z', '2026-03-01T00:00:30.000Z'],
    ['30 0,5 0 * * *', '2026-03-02T00:05:10Z', '2026-03-02T00:00:30.000Z'],
    ['30 0 0 * * *', '2026-03-02T00:00:30Z', '2026-03-02T00:00:30.000Z'],
  ])('of %s at %s, where the second may not have come yet, is %s', (expression, at, slot) => {
    expect(latest(expression, at)).toBe(slot);
  });

  it('is told in UTC as in a zone where it is looked for by way of the timer', () => {
    const field = (low: number, high: number): fc.Arbitrary<string> =>
      fc.oneof(
        fc.constant('*'),
        fc.integer({ min: low, max: high }).map(String),
        fc.integer({ min: 2, max: 30 }).map((step) => `*/${step}`),
        fc
          .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
          .map(([one, other]) => `${Math.min(one, other)}-${Math.max(one, other)}`),
      );
    const fields = fc.tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7));
    const instant = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(fields, instant, ([second, minute, hour, day, month, weekday], at) => {
        fc.pre(day === '*' || Number(day) <= 28 || month === '*');
        const expression = [second, minute, hour, day, month, weekday].join(' ');
        const [inUtc, inIceland] = ['UTC', 'Atlantic/Reykjavik'].map((zone) => new CronSchedule(expression, zone));
        expect([expression, inUtc?.latestAt(at)]).toEqual([expression, inIceland?.latestAt(at)]);
      }),
      { numRuns: 60 },
    );
  });

  it('is an instant that the timer itself names', () => {
    const schedule = new CronSchedule('*/7 1-5 * * 1', 'America/New_York');
    const slot = schedule.latestAt(new Date('2026-11-24T00:00:00Z'));
    expect(schedule.nextAfter(new Date((slot?.getTime() ?? 0) - 1000))).toEqual(slot);
    expect(schedule.nextAfter(slot ?? new Date(0)) > new Date('2026-11-24T00:00:00Z')).toBe(true);
  });

  it('refuses an expression that names no instant, and a zone that does not exist', () => {
    expect(() => new CronSchedule('0 0 30 2 *', 'UTC')).toThrow('It names no instant in eight years');
    expect(() => new CronSchedule('0 3 * * *', 'Mars/Olympus')).toThrow('Invalid timezone');
  });
});

describe('the calendar of a cron expression', () => {
  const fields = {
    second: { 0: true },
    minute: { 0: true },
    hour: { 3: true },
    dayOfMonth: {},
    month: {},
    dayOfWeek: {},
  };

  it.each([
    ['without numbers', {}],
    ['of other keys', { 1: true, odd: true }],
  ])('refuses a field %s, as a library might store it one day', (_, dayOfMonth) => {
    const cronTime = { ...fields, dayOfMonth } as unknown as CronTime;
    expect(() => new CronCalendar(cronTime)).toThrow('the field dayOfMonth of the cron expression cannot be read');
  });
});
