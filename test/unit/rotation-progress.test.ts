import { describe, expect, it } from '@jest/globals';
import { RotationProgress } from '../../src/totp-key-rotation/rotation-progress.js';

describe('the progress of a rotation', () => {
  const shares = (expected: number, isDryRun = false): number[] => {
    const told: number[] = [];
    const progress = new RotationProgress(({ overall }) => told.push(overall), expected, isDryRun);
    progress.step({ phase: 'rotating', secrets: 5, written: 5 });
    progress.step({ phase: 'reading-back', secrets: 5, written: 5 });
    progress.step({ phase: 'reading-back', secrets: 20, written: 5 });
    progress.end({ status: 'succeeded' });
    return told;
  };

  it('is half of it for each phase, and never all before the end', () => {
    expect(shares(10)).toEqual([0.25 * 0.99, 0.75 * 0.99, 0.99, 1]);
    expect(shares(10, true)).toEqual([0.5 * 0.99, 0.5 * 0.99, 0.99, 1]);
  });

  it('is nothing until the first phase is over where nobody knows how much there is', () => {
    expect(shares(0)).toEqual([0, 0.5 * 0.99, 0.5 * 0.99, 1]);
  });
});
