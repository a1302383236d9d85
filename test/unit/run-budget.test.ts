import { describe, expect, it } from '@jest/globals';
import { RunBudget } from '../../src/cleanup/limits/run-budget.js';
import { FakeRunTime } from '../support/run-time.js';

interface BudgetedRun {
  readonly budget: RunBudget;
  readonly time: FakeRunTime;
  readonly stops: string[];
}

function budgeted(settings: ConstructorParameters<typeof RunBudget>[1]): BudgetedRun {
  const controller = new AbortController();
  const time = new FakeRunTime();
  const stops: string[] = [];
  const stop = (reason: string): void => {
    stops.push(reason);
    controller.abort();
  };
  return { budget: new RunBudget({ stop, signal: controller.signal }, settings, time), time, stops };
}

describe('the time budget of a cleanup', () => {
  it('pauses once after a batch, however often the next one is attempted', async () => {
    const { budget, time } = budgeted({ maxDurationMs: 0, pauseBetweenBatchesMs: 100 });
    await budget.beforeBatch();
    budget.afterBatch();
    await budget.beforeBatch();
    await budget.beforeBatch();
    expect(time.pauses).toEqual([100]);
  });

  it('stops the run when exactly the budget is used up, and never without one', () => {
    const limited = budgeted({ maxDurationMs: 100, pauseBetweenBatchesMs: 0 });
    limited.time.pass(99);
    limited.budget.check();
    expect(limited.stops).toEqual([]);
    limited.time.pass(1);
    limited.budget.check();
    expect(limited.stops).toEqual(['time-budget']);
    const unlimited = budgeted({ maxDurationMs: 0, pauseBetweenBatchesMs: 0 });
    unlimited.time.pass(1e9);
    unlimited.budget.check();
    expect(unlimited.stops).toEqual([]);
  });

  it('stops the run right after the batch that uses up its budget', () => {
    const { budget, time, stops } = budgeted({ maxDurationMs: 100, pauseBetweenBatchesMs: 0 });
    time.pass(100);
    budget.afterBatch();
    expect(stops).toEqual(['time-budget']);
  });

  it('stops the run right after the pause that uses up its budget', async () => {
    const { budget, time, stops } = budgeted({ maxDurationMs: 50, pauseBetweenBatchesMs: 100 });
    budget.afterBatch();
    await budget.beforeBatch();
    expect({ pauses: time.pauses, stops }).toEqual({ pauses: [50], stops: ['time-budget'] });
  });
});
