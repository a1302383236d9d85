import { describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { LoadThrottle } from '../../src/batches/load-throttle.js';

/** A pace on a server whose transaction number grows by `perSecond`, the run's own included, with a batch every 100 ms. */
async function pausesOver(batches: number, perSecond: number): Promise<{ pauses: number[]; looks: number }> {
  const pauses: number[] = [];
  let now = 0;
  let looks = 0;
  const query = async (): Promise<object[]> => {
    looks += 1;
    const transaction = String(4_294_967_296n + BigInt(Math.round((now / 1000) * perSecond)));
    return [{ rows: [] }, { rows: [{ transaction }] }, { rows: [] }];
  };
  const sleep = async (milliseconds: number): Promise<void> => {
    pauses.push(milliseconds);
    now += milliseconds;
  };
  const pace = new LoadThrottle({ connect: async () => ({ query }) } as unknown as QueryRunner, {
    now: () => now,
    sleep,
  });
  for (let batch = 0; batch < batches; batch += 1) {
    await pace.giveWay(batch === 0 ? 0 : 100);
    now += 100;
  }
  return { pauses, looks };
}

describe('the pace of a run', () => {
  it('has no pause while only the run itself writes', async () => {
    expect((await pausesOver(20, 10)).pauses).toEqual([]);
  });

  it('has no pause for a trickle of writes by others', async () => {
    expect((await pausesOver(20, 10 + 15)).pauses).toEqual([]);
  });

  it('leaves half of the time to others who write', async () => {
    const { pauses } = await pausesOver(20, 500);
    expect(pauses.length).toBeGreaterThanOrEqual(17);
    expect(new Set(pauses)).toEqual(new Set([100]));
  });

  it('looks every 200 ms, not at every batch', async () => {
    expect((await pausesOver(20, 10)).looks).toBe(10);
  });
});
