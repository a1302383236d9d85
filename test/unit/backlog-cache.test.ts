import { describe, expect, it } from '@jest/globals';
import type { BacklogReport } from '../../src/cleanup/backlog/backlog-report.js';
import { BacklogCache } from '../../src/health/backlog-cache.js';
import type { CompleteHealthSettings } from '../../src/status/health-settings.js';
import { Uptime } from '../../src/tasks/clocks.js';

const REPORT: BacklogReport = {
  measuredAt: '2026-03-04T05:00:00.000000Z',
  scheduleIntervalSeconds: null,
  holdsInForce: 0,
  targets: [],
};

describe('the backlog that probes ask for', () => {
  const settings = { backlogMaxAgeSeconds: 60 } as CompleteHealthSettings;

  it('is none where nobody measures it', async () => {
    expect(await new BacklogCache(settings, new Uptime()).report()).toBeUndefined();
  });

  it('is measured once for all until it is too old, and anew after a failure', async () => {
    let [now, measured] = [0, 0];
    const clock = Object.assign(new Uptime(), { seconds: () => now });
    const answers = [async () => REPORT, () => Promise.reject(new Error('the server restarts')), async () => REPORT];
    const measure = (): Promise<BacklogReport> => {
      measured += 1;
      return (answers.shift() ?? (async () => REPORT))();
    };
    const cache = new BacklogCache(settings, clock, { measure });
    expect(await Promise.all([cache.report(), cache.report()])).toEqual([REPORT, REPORT]);
    now = 59;
    await cache.report();
    expect(measured).toBe(1);
    now = 60;
    await expect(cache.report()).rejects.toThrow('the server restarts');
    expect(await cache.report()).toBe(REPORT);
    expect(measured).toBe(3);
  });
});
