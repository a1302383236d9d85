import { describe, expect, it } from '@jest/globals';
import { validateBacklogRequest } from '../../src/cleanup/backlog/backlog-request.js';

describe('a call of backlog()', () => {
  it('is refused when it makes no sense', () => {
    expect(() => validateBacklogRequest({ exact: 'very' as unknown as boolean })).toThrow(
      'Invalid call of backlog(): exact is "very", accepted is true or false',
    );
  });
});
