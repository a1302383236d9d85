import { describe, expect, it } from '@jest/globals';
import { earlier } from '../../src/cleanup/backlog/due-counts.js';

const EARLY = '2026-03-01T03:00:00.000000Z';
const LATE = '2026-03-02T03:00:00.000000Z';

describe('the earlier of two instants', () => {
  it.each([
    [EARLY, LATE, EARLY],
    [LATE, EARLY, EARLY],
    [null, LATE, LATE],
    [null, null, null],
  ])('of %j and %j is %j', (one, other, first) => {
    expect(earlier(one, other)).toBe(first);
  });
});
