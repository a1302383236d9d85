import { describe, expect, it } from '@jest/globals';
import { BrakeError } from '../../src/cleanup/limits/brake.error.js';

const LIMITS = { maxRowsPerTarget: 10, maxFractionPerTarget: 0.5 };

describe('the word of a brake that ends a deletion', () => {
  it.each([
    [null, '11 rows are deleted'],
    [20, '11 rows of what were 20 are deleted'],
  ])('names what was deleted of a total of %j', (total, deleted) => {
    expect(BrakeError.excess('BRAKE_MAX_ROWS', { rows: 11, total }, LIMITS).message).toContain(`: ${deleted}, `);
  });
});
