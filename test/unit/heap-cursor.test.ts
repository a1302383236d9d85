import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HeapCursor } from '../../src/batches/heap-cursor.js';
import type { PageRange } from '../../src/batches/heap-cursor.js';

const pagesOf = ({ from, to }: PageRange): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe('the cursor of a heap', () => {
  it('hands out every page once, whatever is taken, finished and given back', () => {
    const step = fc.record({ size: fc.integer({ min: 1, max: 9 }), isGivenBack: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.array(step, { maxLength: 40 }), (pages, steps) => {
        const cursor = new HeapCursor(pages);
        const done: number[] = [];
        const finish = (range: PageRange): void => {
          cursor.finish(range);
          done.push(...pagesOf(range));
          expect(cursor.fraction).toBeCloseTo(done.length / pages);
        };
        for (const { size, isGivenBack } of steps) {
          const range = cursor.take(size);
          if (range !== undefined && isGivenBack) {
            cursor.giveBack(range);
          } else if (range !== undefined) {
            finish(range);
          }
          expect(cursor.pagesLeft).toBe(pages - done.length);
        }
        for (let range = cursor.take(7); range !== undefined; range = cursor.take(7)) {
          finish(range);
        }
        expect(done.toSorted((one, other) => one - other)).toEqual(pagesOf({ from: 0, to: pages }));
        expect(cursor.fraction).toBe(1);
        expect(cursor.pagesLeft).toBe(0);
      }),
    );
  });
});
