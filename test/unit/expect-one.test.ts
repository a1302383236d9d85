import { describe, expect, it } from '@jest/globals';
import { expectOne } from '../../src/database/expect-one.js';

describe('the only row of an answer', () => {
  it('is made up by nobody when the database answered none', () => {
    expect(expectOne([{ n: 1 }])).toEqual({ n: 1 });
    expect(() => expectOne([])).toThrow('answered no row');
  });
});
