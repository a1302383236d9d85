import { describe, expect, it } from '@jest/globals';
import { onlyRow } from '../../src/database/expect-one.js';

describe('the only row of an answer', () => {
  it('is made up by nobody when the database answered none', () => {
    expect(onlyRow([{ n: 1 }])).toEqual({ n: 1 });
    expect(() => onlyRow([])).toThrow('answered no row');
  });
});
