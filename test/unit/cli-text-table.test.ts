import { expect, it } from '@jest/globals';
import { padCells } from '../../src/text/text-table.js';

it('pads every cell to its column, numbers to the left, and takes a missing cell for an empty one', () => {
  const columns = [
    { title: 'name', align: 'left' },
    { title: 'n', align: 'right' },
  ] as const;
  expect(padCells(columns, [['a', '100'], ['longer']])).toEqual([
    ['name  ', '  n'],
    ['a     ', '100'],
    ['longer', '   '],
  ]);
});
