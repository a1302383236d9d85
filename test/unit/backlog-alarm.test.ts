import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BacklogAlarm } from '../../src/cleanup/backlog/backlog-alarm.js';
import type { BacklogReport } from '../../src/cleanup/backlog/backlog-report.js';
import type { BacklogService } from '../../src/cleanup/backlog/backlog.service.js';
import type { FallingBehindWatch } from '../../src/cleanup/backlog/backlog-alarm.js';

const REPORT: BacklogReport = {
  measuredAt: '2026-03-04T05:00:00.000000Z',
  scheduleIntervalSeconds: 86_400,
  holdsInForce: 0,
  targets: [],
};

describe('the look at the backlog after a scheduled cleanup', () => {
  let warnings: string[];
  let looked: unknown[];

  beforeEach(() => {
    [warnings, looked] = [[], []];
    Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn: (text) => warnings.push(text) });
  });
  afterEach(() => Logger.overrideLogger(true));

  const alarmWith = (measure: () => Promise<BacklogReport>): BacklogAlarm => {
    const watch = { look: (...seen: unknown[]) => void looked.push(seen) };
    return new BacklogAlarm({ measure } as BacklogService, watch as unknown as FallingBehindWatch);
  };

  it.each([undefined, 'requested', 'time-budget'] as const)('is taken when the run ended by %s', async (stopReason) => {
    await alarmWith(async () => REPORT).lookAfter({ runId: 'run-1', stopReason });
    expect({ looked, warnings }).toEqual({ looked: [[REPORT, 'run-1']], warnings: [] });
  });

  it.each(['shutdown', 'lease-lost', 'no-answer'] as const)('is not taken after %s', async (stopReason) => {
    await alarmWith(async () => REPORT).lookAfter({ runId: 'run-1', stopReason });
    expect({ looked, warnings }).toEqual({ looked: [], warnings: [] });
  });

  it('harms no run when it fails, and says so', async () => {
    const alarm = alarmWith(() => Promise.reject(new Error('the server restarts')));
    await alarm.lookAfter({ runId: 'run-1', stopReason: undefined });
    expect({ looked, warnings }).toEqual({
      looked: [],
      warnings: ['Could not tell whether the cleanup falls behind: the server restarts'],
    });
  });
});
