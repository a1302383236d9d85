import { once } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { ActiveRun } from '../../src/tasks/active-run.js';

const dataSource = { createQueryRunner: () => ({ release: async () => undefined }) } as unknown as DataSource;

const queryRunner = dataSource.createQueryRunner();

describe('a run at work', () => {
  let run: ActiveRun;

  const startRun = (leaseMs: number | undefined, renew: () => Promise<boolean> = async () => true): ActiveRun => {
    const lease = leaseMs === undefined ? undefined : { ms: leaseMs, since: performance.now(), fence: '', renew };
    run = new ActiveRun({ dataSource, runId: 'run-1', isScheduled: false, lease, shutdownTimeoutMs: 60_000 });
    return run;
  };

  afterEach(() => {
    run.end();
    jest.useRealTimers();
  });

  it('keeps to the first reason to stop', () => {
    startRun(undefined).stop('requested');
    run.stop('shutdown');
    expect(run.stopReason).toBe('requested');
  });

  it('stops at once for a signal that was aborted before', () => {
    startRun(undefined).follow(AbortSignal.abort());
    expect(run.stopReason).toBe('requested');
  });

  it('stops when a signal is aborted that it follows, and leaves no timer behind when it is asked to again', () => {
    jest.useFakeTimers();
    const controller = new AbortController();
    startRun(undefined).follow(controller.signal);
    expect(run.stopReason).toBeUndefined();
    controller.abort();
    expect(run.stopReason).toBe('requested');
    run.stop('shutdown');
    expect(jest.getTimerCount()).toBe(1);
    run.end();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('renews its lease between two batches once it is time, and only then', async () => {
    let renewals = 0;
    const renew = async (): Promise<boolean> => {
      renewals += 1;
      return true;
    };
    await startRun(3_600_000, renew).beforeBatch(queryRunner);
    expect(renewals).toBe(0);
    run.end();
    await startRun(0, renew).beforeBatch(queryRunner);
    expect(renewals).toBe(1);
  });

  it('is over at the next batch when it was taken for lost', async () => {
    await expect(startRun(0, async () => false).beforeBatch(queryRunner)).rejects.toMatchObject({
      reason: 'lease-lost',
    });
  });

  it('renews nothing any more once it has to stop', async () => {
    startRun(0, () => Promise.reject(new Error('there is nothing to renew'))).stop('requested');
    await expect(run.beforeBatch(queryRunner)).rejects.toMatchObject({ reason: 'requested' });
  });

  it('no longer follows a signal after its end', () => {
    const controller = new AbortController();
    startRun(undefined).follow(controller.signal);
    run.end();
    controller.abort();
    expect(run.stopReason).toBeUndefined();
  });

  it('without a lease renews nothing', async () => {
    startRun(undefined, () => Promise.reject(new Error('there is nothing to renew')));
    expect(await run.keepAlive(async () => 'done')).toBe('done');
  });

  it('renews its lease while one long piece of work goes on', async () => {
    const renewed = new AbortController();
    startRun(3, async () => {
      renewed.abort();
      return true;
    });
    await run.keepAlive(() => once(renewed.signal, 'abort'));
    expect(run.stopReason).toBeUndefined();
  });

  it('tries a renewal again that failed', async () => {
    const renewedAgain = new AbortController();
    let attempts = 0;
    startRun(3, async () => {
      attempts += 1;
      if (attempts === 1) {
        throw new Error('the server restarts');
      }
      renewedAgain.abort();
      return true;
    });
    await run.keepAlive(() => once(renewedAgain.signal, 'abort'));
    expect(run.stopReason).toBeUndefined();
  });

  it('stops when it was taken for lost', async () => {
    startRun(3, async () => false);
    await run.keepAlive(() => once(run.signal, 'abort'));
    expect(run.stopReason).toBe('lease-lost');
  });
});
