import { describe, expect, it } from '@jest/globals';
import type { BusyTask, GrantedClaim } from '../../src/contract/run-record.js';
import { claimPatiently } from '../../src/tasks/claim-by-hand.js';
import { FakeRunTime } from '../support/run-time.js';

const BUSY: BusyTask = {
  kind: 'busy',
  other: { runId: 'other', owner: 'host:1:a', startedAt: '2026-03-10T12:00:00.000000Z' },
  at: '2026-03-10T12:00:01.000000Z',
};
const GRANTED: GrantedClaim = { kind: 'claimed', leasedAt: 0, serverLife: '', at: BUSY.at };

describe('a claim that waits', () => {
  /** Busy for so many attempts, then granted; asked to stop in a pause, where one is given. */
  const waiting = (waitMs: number, { busyAttempts = Infinity, stopAtPause = Infinity, attemptMs = 0 } = {}) => {
    const controller = new AbortController();
    const time = new FakeRunTime(() => time.pauses.length >= stopAtPause && controller.abort());
    const told: BusyTask[] = [];
    let attempts = 0;
    const claim = async () => {
      attempts += 1;
      time.pass(attemptMs);
      return attempts > busyAttempts ? GRANTED : BUSY;
    };
    const onWait = (busy: BusyTask): void => void told.push(busy);
    const wait = { waitMs, time, signal: controller.signal, onWait };
    return { time, told, controller, asked: () => attempts, run: () => claimPatiently(claim, wait) };
  };

  it('asks once and never waits unless it is told to', async () => {
    const { run, time, told, asked } = waiting(0);
    expect(await run()).toEqual({ outcome: BUSY, hasWaited: false, isStopped: false });
    expect([time.pauses, told, asked()]).toEqual([[], [], 1]);
  });

  it('does not wait when it is granted', async () => {
    const { run, time, told } = waiting(60_000, { busyAttempts: 0 });
    expect(await run()).toEqual({ outcome: GRANTED, hasWaited: false, isStopped: false });
    expect([time.pauses, told]).toEqual([[], []]);
  });

  it('asks again after pauses that grow to 5 s, until it is granted, and says once that it waits', async () => {
    const { run, time, told } = waiting(60_000, { busyAttempts: 8 });
    expect(await run()).toEqual({ outcome: GRANTED, hasWaited: true, isStopped: false });
    expect(time.pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
    expect(told).toEqual([BUSY]);
  });

  it('asks for the last time when its time is over, and no later', async () => {
    const { run, time, asked } = waiting(1_000);
    expect(await run()).toEqual({ outcome: BUSY, hasWaited: true, isStopped: false });
    expect([time.pauses, time.now(), asked()]).toEqual([[250, 500, 250], 1_000, 4]);
  });

  it('counts the time that the attempts take', async () => {
    const { run, time } = waiting(1_000, { attemptMs: 600 });
    expect(await run()).toMatchObject({ outcome: BUSY });
    expect([time.pauses, time.now()]).toEqual([[250], 1_450]);
  });

  it('ends in the middle of a pause when it is asked to stop, without another attempt', async () => {
    const { run, time, asked } = waiting(60_000, { busyAttempts: 5, stopAtPause: 2 });
    expect(await run()).toEqual({ outcome: BUSY, hasWaited: true, isStopped: true });
    expect([time.pauses, asked()]).toEqual([[250, 500], 2]);
  });

  it('waits for nothing when it was asked to stop before', async () => {
    const { run, time, controller } = waiting(60_000);
    controller.abort();
    expect(await run()).toEqual({ outcome: BUSY, hasWaited: false, isStopped: true });
    expect(time.pauses).toEqual([]);
  });
});
