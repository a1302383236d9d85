import { describe, expect, it } from '@jest/globals';
import { brakeFor, hasBrakes, NO_BRAKES } from '../../src/cleanup/limits/brake.js';

describe('the brake that a loss calls for', () => {
  it.each([
    [100, null, 100, 0, undefined],
    [101, null, 100, 0, 'BRAKE_MAX_ROWS'],
    [101, 101, 100, 0.5, 'BRAKE_MAX_ROWS'],
    [50, 100, 0, 0.5, undefined],
    [51, 100, 0, 0.5, 'BRAKE_MAX_FRACTION'],
    [51, 100, 100, 0.5, 'BRAKE_MAX_FRACTION'],
    [100, 100, 0, 1, undefined],
    [0, 0, 0, 0.5, undefined],
    [51, null, 0, 0.5, undefined],
    [1_000_000, 1_000_000, 0, 0, undefined],
  ])(
    'of %p rows of %p, with limits of %p rows and a share of %p, is %p',
    (rows, total, maxRows, maxFraction, brake) => {
      expect(brakeFor({ rows, total }, { maxRowsPerTarget: maxRows, maxFractionPerTarget: maxFraction })).toBe(brake);
    },
  );

  it.each([
    [NO_BRAKES, false],
    [{ maxRowsPerTarget: 1, maxFractionPerTarget: 0 }, true],
    [{ maxRowsPerTarget: 0, maxFractionPerTarget: 0.001 }, true],
  ])('is none with %j: %p', (limits, expected) => {
    expect(hasBrakes(limits)).toBe(expected);
  });
});
