import { describe, expect, it } from '@jest/globals';
import type { ScheduleSettings } from '../../src/index.js';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';

describe('the options of a schedule', () => {
  it.each([
    [{ cleanup: '0 0 30 2 *' }, 'or false (It names no instant in eight years)'],
    [{ cleanup: '61 * * * *' }, 'or false (Field value (61) is out of range)'],
    [{ cleanup: { by: 'timer', expectedEvery: '1d' } }, 'or false (by is "timer")'],
    [{ cleanup: { by: 'engine' } }, '(neither expression nor expectedEvery is given)'],
    [{ cleanup: { by: 'engine', expression: '0 3 * * *', expectedEvery: '1d' } }, '(both are given)'],
    [{ cleanup: { by: 'outside', expression: '61 * * * *' } }, '(Field value (61) is out of range)'],
    [{ cleanup: { by: 'outside', expression: 3 } }, '(expression is 3)'],
    [
      { cleanup: { by: 'outside', expectedEvery: '1w' } },
      '(expectedEvery is "1w": it is no time such as "30m", "6h" or "1d"',
    ],
    [{ cleanup: { by: 'outside', expectedEvery: '0d' } }, '(expectedEvery is "0d": '],
    [{ cleanup: { by: 'outside', expectedEvery: '367d' } }, '(expectedEvery is "367d": '],
    [{ cleanup: { by: 'outside', expectedEvery: 86_400 } }, '(expectedEvery is 86400: '],
    [{ cleanup: { by: 'outside', every: '1d' } }, '(every is no part of it)'],
    [{ cleanup: [] }, 'or false'],
    [{ totpKeyRotation: { by: 'outside', expectedEvery: '30d' } }, 'accepted is false, or a schedule together with'],
    [{ timeZone: 'Mars/Olympus' }, 'schedule.timeZone is "Mars/Olympus", accepted is'],
  ])('are refused with the reason: %j', (schedule, reason) => {
    expect(() => resolveMaintenanceOptions({ schedule: schedule as ScheduleSettings })).toThrow(reason);
  });
});
