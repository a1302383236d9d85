import { once } from 'node:events';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { LeaseRenewal } from '../../src/contract/run-record.js';
import { ActiveRun, type Lease } from '../../src/tasks/active-run.js';

const dataSource = {
  createQueryRunner: () => ({ connect: async () => ({}), release: async () => undefined }),
} as unknown as DataSource;

const LIFE = 'the first';
const RENEWED: LeaseRenewal = { serverLife: LIFE, isCancelled: false, cancelledBy: null };
const queryRunner = dataSource.createQueryRunner();

describe('a run at work', () => {
  let run: ActiveRun;

  const startRun = (leaseMs: number | undefined, renew: Lease['renew'] = async () => RENEWED): ActiveRun => {
    const lease =
      leaseMs === undefined ? undefined : { ms: leaseMs, since: performance.now(), fence: '', serverLife: LIFE, renew };
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
    startRun(undefined).follow(AbortSignal.abort(), 'requested');
    expect(run.stopReason).toBe('requested');
  });

  it('stops when a signal is aborted that it follows, and leaves no timer behind when it is asked to again', () => {
    jest.useFakeTimers();
    const controller = new AbortController();
    startRun(undefined).follow(controller.signal, 'requested');
    expect(run.stopReason).toBeUndefined();
    controller.abort();
    expect(run.stopReason).toBe('requested');
    run.stop('shutdown');
    expect(jest.getTimerCount()).toBe(2);
    run.end();
    expect(jest.getTimerCount()).toBe(0);
  });

  it('renews its lease between two batches once it is time, and only then', async () => {
    let renewals = 0;
    const renew = async (): Promise<LeaseRenewal> => {
      renewals += 1;
      return RENEWED;
    };
    await startRun(3_600_000, renew).beforeBatch(queryRunner);
    expect(renewals).toBe(0);
    run.end();
    await startRun(0, renew).beforeBatch(queryRunner);
    expect(renewals).toBe(1);
  });

  it('is over at the next batch when it was taken for lost', async () => {
    await expect(startRun(0, async () => undefined).beforeBatch(queryRunner)).rejects.toMatchObject({
      reason: 'lease-lost',
    });
  });

  it('is over at the next batch when it was cancelled, and knows by whom and why', async () => {
    const cancelledBy = { actor: 'Ann', reason: 'ticket 17' };
    const cancelled = startRun(0, async () => ({ ...RENEWED, isCancelled: true, cancelledBy }));
    await expect(cancelled.beforeBatch(queryRunner)).rejects.toMatchObject({
      reason: 'cancelled',
      code: 'CANCELLED',
      retryable: false,
      message: 'The run was cancelled by Ann, reason: ticket 17; the next run goes on',
    });
    expect(run.cancelledBy).toEqual(cancelledBy);
  });

  it('asks a second after it asked last, however long its lease is', async () => {
    jest.useFakeTimers();
    let renewals = 0;
    const renew = async (): Promise<LeaseRenewal> => {
      renewals += 1;
      return RENEWED;
    };
    startRun(3_600_000, renew);
    for (const elapsedMs of [999, 1, 999, 1]) {
      jest.advanceTimersByTime(elapsedMs);
      await run.beforeBatch(queryRunner);
    }
    expect(renewals).toBe(2);
  });

  it('hears of a cancellation while one long piece of work goes on, and without a name', async () => {
    jest.useFakeTimers();
    startRun(3_600_000, async () => ({ ...RENEWED, isCancelled: true }));
    const stopped = once(run.signal, 'abort');
    await run.keepAlive(async () => {
      jest.advanceTimersByTime(1_000);
      await stopped;
    });
    expect(run.stopReason).toBe('cancelled');
    expect(run.cancelledBy).toBeNull();
    expect(run.signal.reason).toMatchObject({ message: 'The run was cancelled; the next run goes on' });
  });

  it('tells with each renewal how far it is, part by part', async () => {
    const told: unknown[] = [];
    const renew: Lease['renew'] = async (_, progress) => {
      told.push(structuredClone(progress));
      return RENEWED;
    };
    startRun(0, renew);
    const part = { unit: 'row', fraction: 0.5, remainingMs: null, status: null, reason: null } as const;
    await run.beforeBatch(queryRunner);
    run.tell({ ...part, name: 'otp_codes', count: 1 }, 0.1);
    await run.beforeBatch(queryRunner);
    run.tell({ ...part, name: 'otp_codes', count: 2, status: 'succeeded' }, 0.2);
    run.tell({ ...part, name: 'audit_logs', count: 3 }, 0.3);
    await run.beforeBatch(queryRunner);
    expect(told).toMatchObject([
      null,
      { overall: 0.1, parts: [{ name: 'otp_codes', count: 1 }] },
      {
        overall: 0.3,
        parts: [
          { name: 'otp_codes', count: 2 },
          { name: 'audit_logs', count: 3 },
        ],
      },
    ]);
  });

  it('renews nothing any more once it has to stop', async () => {
    startRun(0, () => Promise.reject(new Error('there is nothing to renew'))).stop('requested');
    await expect(run.beforeBatch(queryRunner)).rejects.toMatchObject({ reason: 'requested' });
  });

  it('no longer follows a signal after its end', () => {
    const controller = new AbortController();
    startRun(undefined).follow(controller.signal, 'requested');
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
      return RENEWED;
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
      return RENEWED;
    });
    await run.keepAlive(() => once(renewedAgain.signal, 'abort'));
    expect(run.stopReason).toBeUndefined();
  });

  it('doubts what it counted when its server crashed meanwhile', async () => {
    let life = LIFE;
    startRun(3_600_000, async () => ({ ...RENEWED, serverLife: life }));
    await run.settle(queryRunner);
    expect(run.uncertainties).toBe(0);
    life = 'the second';
    await run.settle(queryRunner);
    await run.settle(queryRunner);
    expect(run.uncertainties).toBe(1);
  });

  it('is stopped by its time budget, and has none when it is 0', () => {
    jest.useFakeTimers();
    startRun(undefined).stopAfter(0);
    expect(jest.getTimerCount()).toBe(0);
    run.stopAfter(1_000);
    jest.advanceTimersByTime(999);
    expect(run.stopReason).toBeUndefined();
    jest.advanceTimersByTime(1);
    expect(run.stopReason).toBe('time-budget');
  });

  it('waits for no connection while it works on one, and renews as soon as another is free', async () => {
    const pool = { totalCount: 1, idleCount: 0, waitingCount: 0, options: { max: 1 } };
    const taken = Object.assign(Object.create(dataSource), { driver: { master: pool } }) as DataSource;
    let renewals = 0;
    const renewed = new AbortController();
    const renew = async (): Promise<LeaseRenewal> => {
      renewals += 1;
      renewed.abort();
      return RENEWED;
    };
    const lease = { ms: 3_000, since: -Infinity, fence: '', serverLife: LIFE, renew };
    run = new ActiveRun({ dataSource: taken, runId: 'run-1', isScheduled: false, lease, shutdownTimeoutMs: 60_000 });
    jest.useFakeTimers();
    await run.keepAlive(async () => {
      jest.advanceTimersByTime(1_000);
      expect(renewals).toBe(0);
      pool.idleCount = 1;
      const isRenewed = once(renewed.signal, 'abort');
      jest.advanceTimersByTime(100);
      await isRenewed;
    });
    expect(renewals).toBe(1);
  });

  it('stops when it was taken for lost', async () => {
    startRun(3, async () => undefined);
    await run.keepAlive(() => once(run.signal, 'abort'));
    expect(run.stopReason).toBe('lease-lost');
  });
});
