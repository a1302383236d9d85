import { describe, expect, it } from '@jest/globals';
import { retentionBoundsViolations } from '../../src/retention/retention-bounds.js';
import { DEFAULT_RETENTION } from '../../src/retention/retention-policy.js';

const violations = (days: number, window: { minDays?: number; maxDays?: number }): string[] =>
  retentionBoundsViolations({ ...DEFAULT_RETENTION, auditLogDays: days }, { auditLogDays: window });

describe('retention bounds', () => {
  it('include both ends', () => {
    expect(violations(90, { minDays: 90, maxDays: 400 })).toEqual([]);
    expect(violations(400, { minDays: 90, maxDays: 400 })).toEqual([]);
  });

  it('say which end is broken, and by what', () => {
    expect(violations(89, { minDays: 90, maxDays: 400 })).toEqual(['auditLogDays is 89, at least 90 is required']);
    expect(violations(401, { minDays: 90, maxDays: 400 })).toEqual(['auditLogDays is 401, at most 400 is allowed']);
  });

  it('take 0 for forever: too long for any maxDays, long enough for any minDays', () => {
    expect(violations(0, { maxDays: 36_500 })).toEqual(['auditLogDays is 0 (forever), at most 36500 is allowed']);
    expect(violations(0, { minDays: 90 })).toEqual([]);
  });

  it('take 0 for no grace where it means that', () => {
    expect(retentionBoundsViolations(DEFAULT_RETENTION, { revokedRefreshTokenGraceDays: { minDays: 1 } })).toEqual([
      'revokedRefreshTokenGraceDays is 0, at least 1 is required',
    ]);
    expect(retentionBoundsViolations(DEFAULT_RETENTION, { revokedRefreshTokenGraceDays: { maxDays: 1 } })).toEqual([]);
  });
});
