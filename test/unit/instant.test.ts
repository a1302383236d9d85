import { describe, expect, it } from '@jest/globals';
import { runCutoffs } from '../../src/cleanup/run-cutoffs.js';
import { instantBefore } from '../../src/database/instant.js';
import { DEFAULT_RETENTION } from '../../src/retention/retention-policy.js';

describe('an instant', () => {
  it('keeps its microseconds when it is moved', () => {
    expect(instantBefore('2026-03-01T00:00:00.000789Z', 1)).toBe('2026-02-28T23:59:59.999789Z');
  });

  it('counts a day as 24 hours, over leap days and centuries', () => {
    const cutoffs = runCutoffs('2026-03-01T03:00:00.123456Z', {
      ...DEFAULT_RETENTION,
      auditLogDays: 36_500,
      loginAttemptsDays: 731,
    });
    expect(cutoffs('loginAttemptsDays').instant).toBe('2024-02-29T03:00:00.123456Z');
    expect(cutoffs('auditLogDays').instant).toBe('1926-03-26T03:00:00.123456Z');
    expect(cutoffs('expiredGraceMinutes')).toEqual({ instant: '2026-03-01T03:00:00.123456Z', isZero: true });
  });

  it('counts the grace in minutes', () => {
    const cutoffs = runCutoffs('2026-03-01T03:00:00.000000Z', { ...DEFAULT_RETENTION, expiredGraceMinutes: 61 });
    expect(cutoffs('expiredGraceMinutes')).toEqual({ instant: '2026-03-01T01:59:00.000000Z', isZero: false });
  });

  it.each(['', '2026-03-01', '2026-03-01T03:00:00Z', '2026-03-01T03:00:00.123Z'])('is not "%s"', (text) => {
    expect(() => instantBefore(text, 0)).toThrow(RangeError);
  });
});
