import { describe, expect, it } from '@jest/globals';
import { RunInterruptedError } from '../../src/errors/run-interrupted.error.js';
import { isInterruption } from '../../src/tasks/interruption.js';
import { endedEarly } from '../../src/tasks/run-endings.js';

describe('the end of a run before its work is done', () => {
  const CANCELLED = { code: '57014' };

  it.each([
    ['by a checkpoint', new RunInterruptedError('requested'), false, true],
    ['by a cancelled statement, when it has to stop', CANCELLED, true, true],
    ['not by a statement that timed out', CANCELLED, false, false],
    ['not by another error', new Error('broken'), true, false],
  ])('comes %s', (_, error, isStopping, expected) => {
    expect(isInterruption(error, isStopping ? AbortSignal.abort() : new AbortController().signal)).toBe(expected);
  });

  it.each([
    ['lease-lost', 'LEASE_LOST'],
    ['time-budget', 'TIME_BUDGET'],
    ['requested', undefined],
    ['shutdown', undefined],
    [undefined, undefined],
  ] as const)('is explained in the report when it came by itself: %s', (stopReason, code) => {
    const signal = AbortSignal.abort(stopReason === undefined ? undefined : new RunInterruptedError(stopReason));
    expect(endedEarly({ signal, stopReason }).error?.code).toBe(code);
  });
});
