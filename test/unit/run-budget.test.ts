import { describe, expect, it } from '@jest/globals';
import { RunBudget } from '../../src/cleanup/limits/run-budget.js';
import { FakeRunTime } from '../support/run-time.js';

interface Paced {
  readonly pace: RunBudget;
  readonly time: FakeRunTime;
  readonly stops: string[];
}

function paced(settings: ConstructorParameters<typeof RunBudget>[1]): Paced {
  const controller = new AbortController();
  const time = new FakeRunTime();
  const stops: string[] = [];
  const stop = (reason: string): void => {
    stops.push(reason);
    controller.abort();
  };
  return { pace: new RunBudget({ stop, signal: controller.signal }, settings, time), time, stops };
}

describe('the pace of a cleanup', () => {
  it('pauses once after a batch, however often the next one is attempted', async () => {
    const { pace, time } = paced({ maxDurationMs: 0, pauseBetweenBatchesMs: 100 });
    await pace.beforeBatch();
    pace.countBatch();
    await pace.beforeBatch();
    await pace.beforeBatch();
    expect(time.pauses).toEqual([100]);
  });

  it('stops the run when exactly the budget is used up, and never without one', () => {
    const limited = paced({ maxDurationMs: 100, pauseBetweenBatchesMs: 0 });
    limited.time.pass(99);
    expect(limited.pace.isStopping()).toBe(false);
    limited.time.pass(1);
    expect(limited.pace.isStopping()).toBe(true);
    expect(limited.stops).toEqual(['time-budget']);
    const unlimited = paced({ maxDurationMs: 0, pauseBetweenBatchesMs: 0 });
    unlimited.time.pass(1e9);
    expect(unlimited.pace.isStopping()).toBe(false);
  });

  it('stops the run right after the pause that uses up its budget', async () => {
    const { pace, time, stops } = paced({ maxDurationMs: 50, pauseBetweenBatchesMs: 100 });
    pace.countBatch();
    await pace.beforeBatch();
    expect({ pauses: time.pauses, stops }).toEqual({ pauses: [50], stops: ['time-budget'] });
  });
});
