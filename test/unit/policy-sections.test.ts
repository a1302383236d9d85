import { describe, expect, it } from '@jest/globals';
import { policySections } from '../../src/tasks/policy/maintenance-policy.js';

describe('the part of a policy that is compared', () => {
  const policy = {
    retention: 'decided by a provider',
    'retention.auditLogDays': 400,
    'retentionBounds.auditLogDays.minDays': 1,
    'totp.maxKeyAgeDays': 90,
  };

  it('is that of the sections, whole unless values of it are left out', () => {
    expect(Object.keys(policySections(policy, ['retention']))).toEqual(['retention', 'retention.auditLogDays']);
    expect(Object.keys(policySections(policy, ['retention', 'totp'], ['auditLogDays']))).toEqual([
      'retention',
      'totp.maxKeyAgeDays',
    ]);
  });

  it('keeps the bounds of a value that is left out', () => {
    expect(policySections(policy, ['retentionBounds'], ['auditLogDays'])).toEqual({
      'retentionBounds.auditLogDays.minDays': 1,
    });
  });
});
