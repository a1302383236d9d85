import { describe, expect, it } from '@jest/globals';
import { MaintenanceConfigError } from '../../src/index.js';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { retentionPolicySchema } from '../../src/retention/retention-policy.js';
import { findProblems } from '../../src/validation/validation.js';

describe('a retention policy', () => {
  it.each([
    ['null', null],
    ['NaN', Number.NaN],
    ['Infinity', Infinity],
    ['number', 90],
    ['array', []],
    ['string', '90'],
    ['undefined', undefined],
  ])('is not %s', (kind, policy) => {
    expect(findProblems(retentionPolicySchema, policy)).toEqual([
      expect.objectContaining({ accepted: `Invalid input: expected object, received ${kind}` }),
    ]);
  });

  it('that is null is refused as an option', () => {
    expect(() => resolveMaintenanceOptions({ retention: null } as object)).toThrow(MaintenanceConfigError);
  });
});
