import { describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { countInHeap, PAGES_PER_COUNT } from '../../src/cleanup/deletion/count-in-heap.js';
import { countLoss } from '../../src/cleanup/limits/count-loss.js';
import { RunBudget } from '../../src/cleanup/limits/run-budget.js';
import { ActiveRun } from '../../src/tasks/active-run.js';
import { FakeRunTime } from '../support/run-time.js';

/** A heap of three slices, whose every slice holds two rows, one of them due, and takes a second to count. */
const heap = {
  heap: { sqlName: 'login_attempts', pages: 3 * PAGES_PER_COUNT, estimatedRows: -1, state: '' },
  due: () => 'true',
  attached: [],
  ageColumns: [],
  escape: (column: string) => column,
};

function serverOf(time: FakeRunTime): QueryRunner {
  const query = async (): Promise<object[]> => {
    time.pass(1_000);
    return [{ rows: '1', due: '1', total: '2' }];
  };
  return { query } as unknown as QueryRunner;
}

describe('a count whose run has to stop', () => {
  it('counts no further slice', async () => {
    const controller = new AbortController();
    let slices = 0;
    for await (const { rows } of countInHeap(serverOf(new FakeRunTime()), heap, controller)) {
      slices += rows;
      controller.abort();
    }
    expect(slices).toBe(1);
  });

  it.each([
    ['up to a limit', { maxRowsPerTarget: 10, maxFractionPerTarget: 0 }, { rows: 2, total: null }],
    ['of a share', { maxRowsPerTarget: 0, maxFractionPerTarget: 0.5 }, { rows: 2, total: 4 }],
  ])('ends between two slices when the time is over: the loss %s', async (_, brakes, loss) => {
    const time = new FakeRunTime();
    const run = new ActiveRun({ shutdownTimeoutMs: 0 } as ConstructorParameters<typeof ActiveRun>[0]);
    const budget = new RunBudget(run, { maxDurationMs: 2_000, pauseBetweenBatchesMs: 0 }, time);
    expect(await countLoss({ brakes, run, budget }, serverOf(time), [heap, heap])).toEqual(loss);
    expect(run.stopReason).toBe('time-budget');
    run.end();
  });
});
