import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { RunTime } from '../../src/tasks/clocks.js';

describe('the time of a run', () => {
  it('passes, and is not slept away once the run has to stop', async () => {
    const time = new RunTime();
    const began = time.now();
    const controller = new AbortController();
    let isOver = false;
    const slept = time.sleep(2 ** 31 - 1, controller.signal).then(() => {
      isOver = true;
    });
    await nextTurn();
    expect(isOver).toBe(false);
    controller.abort();
    await slept;
    expect(time.now()).toBeGreaterThan(began);
  });
});
