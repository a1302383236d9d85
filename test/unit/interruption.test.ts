import { describe, expect, it } from '@jest/globals';
import { RunInterruptedError } from '../../src/errors/run-interrupted.error.js';
import { isInterruption } from '../../src/tasks/interruption.js';
import { stopOf } from '../../src/tasks/run-endings.js';

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
    ['cancelled', 'CANCELLED'],
    ['requested', undefined],
    ['shutdown', undefined],
    [undefined, undefined],
  ] as const)('is explained in the report when it came by itself: %s', (stopReason, code) => {
    const signal = AbortSignal.abort(stopReason === undefined ? undefined : new RunInterruptedError(stopReason));
    const cancelledBy = { actor: 'Ann', reason: null };
    const stop = stopOf({ signal, stopReason, cancelledBy }, 'stopped');
    expect(stop.error?.code).toBe(code);
    expect(stop.stopReason).toBe(stopReason ?? null);
    expect(stop.cancelledBy).toBe(stopReason === undefined ? null : cancelledBy);
  });

  it('is none when a cancellation came once all was done', () => {
    const signal = AbortSignal.abort(new RunInterruptedError('cancelled'));
    const cancelledBy = { actor: 'Ann', reason: null };
    expect(stopOf({ signal, stopReason: 'cancelled', cancelledBy }, 'succeeded')).toEqual({
      stopReason: null,
      cancelledBy: null,
    });
  });
});
