import { describe, expect, it } from '@jest/globals';
import { UnsupportedServerError } from '../../src/errors/unsupported-server.error.js';
import { RunInterruptedError } from '../../src/errors/run-interrupted.error.js';
import { CronSchedule } from '../../src/tasks/cron-schedule.js';
import { isInterruption } from '../../src/tasks/interruption.js';
import { reportedError } from '../../src/tasks/reported-error.js';

describe('the end of a run before its work is done', () => {
  const CANCELLED = { code: '57014' };

  it.each([
    ['by a checkpoint', new RunInterruptedError('requested'), false, true],
    ['by a cancelled statement, when it has to stop', CANCELLED, true, true],
    ['not by a statement that timed out', CANCELLED, false, false],
    ['not by another error', new Error('broken'), true, false],
  ])('comes %s', (_, error, isStopping, expected) => {
    expect(isInterruption(error, isStopping)).toBe(expected);
  });
});

it('puts an error of somebody else into a report without a code of its own', () => {
  expect(reportedError(new Error('odd\nthing'))).toEqual({ code: 'UNEXPECTED', message: 'odd thing' });
  expect(reportedError(new UnsupportedServerError(130_001)).code).toBe('UNSUPPORTED_SERVER');
});

it.each([
  ['30 0 0 * * *', '2026-03-02T00:00:10Z', '2026-03-01T00:00:30.000Z'],
  ['30 0,5 0 * * *', '2026-03-02T00:05:10Z', '2026-03-02T00:00:30.000Z'],
  ['30 0 0 * * *', '2026-03-02T00:00:30Z', '2026-03-02T00:00:30.000Z'],
])('finds the slot of %s at %s, where the second has not come yet', (expression, at, slot) => {
  expect(new CronSchedule(expression, 'UTC').latestAt(new Date(at))?.toISOString()).toBe(slot);
});
