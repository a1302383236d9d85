import { describe, expect, it } from '@jest/globals';
import { RunInterruptedError } from '../../src/errors/run-interrupted.error.js';
import type { ActiveRun } from '../../src/tasks/active-run.js';
import { endedEarly, isInterruption } from '../../src/tasks/interruption.js';

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

  it.each([
    ['lease-lost', 'LEASE_LOST'],
    ['time-budget', 'TIME_BUDGET'],
    ['requested', undefined],
    ['shutdown', undefined],
    [undefined, undefined],
  ] as const)('is explained in the report when it came by itself: %s', (interruption, code) => {
    expect(endedEarly({ interruption } as ActiveRun).error?.code).toBe(code);
  });
});
