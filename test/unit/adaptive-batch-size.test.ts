import { describe, expect, it } from '@jest/globals';
import { AdaptiveBatchSize } from '../../src/batches/adaptive-batch-size.js';

const size = (): AdaptiveBatchSize => new AdaptiveBatchSize({ initial: 100, max: 1000 }, 50);

describe('the batch size', () => {
  it('moves towards the target time', () => {
    const batch = size();
    batch.learn(40);
    expect(batch.current).toBe(125);
    batch.learn(100);
    expect(batch.current).toBe(63);
  });

  it('never more than doubles or halves at once', () => {
    const batch = size();
    batch.learn(0);
    expect(batch.current).toBe(200);
    batch.learn(100_000);
    expect(batch.current).toBe(100);
  });

  it('stays between 1 and its maximum', () => {
    const batch = size();
    for (let turn = 0; turn < 20; turn += 1) batch.learn(1);
    expect(batch.current).toBe(1000);
    for (let turn = 0; turn < 20; turn += 1) batch.learn(1000);
    expect(batch.current).toBe(1);
  });

  it('halves down to 1 and says when it cannot', () => {
    const batch = new AdaptiveBatchSize({ initial: 3, max: 10 }, 50);
    expect([batch.halve(), batch.current, batch.halve(), batch.current]).toEqual([true, 1, false, 1]);
  });
});
