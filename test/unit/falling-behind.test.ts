import { describe, expect, it } from '@jest/globals';
import { isFallingBehind } from '../../src/cleanup/backlog/falling-behind.js';

describe('a target', () => {
  it.each([
    [201, 100, true],
    [200, 100, false],
    [null, 100, false],
    [201, null, false],
  ])('whose oldest row has been due for %p s falls behind an interval of %p s: %p', (oldest, interval, expected) => {
    expect(isFallingBehind(oldest, interval)).toBe(expected);
  });
});
