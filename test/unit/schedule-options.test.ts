import { describe, expect, it } from '@jest/globals';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';

describe('the options of a schedule', () => {
  it.each([
    [{ cleanup: '0 0 30 2 *' }, 'or false (It names no instant in eight years)'],
    [{ cleanup: '61 * * * *' }, 'or false (Field value (61) is out of range)'],
    [{ timeZone: 'Mars/Olympus' }, 'schedule.timeZone is "Mars/Olympus", accepted is'],
  ])('are refused with the reason: %j', (schedule, reason) => {
    expect(() => resolveMaintenanceOptions({ schedule })).toThrow(reason);
  });
});
