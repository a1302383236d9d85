import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource, QueryRunner } from 'typeorm';
import { withQueryRunnerInTime } from '../../src/database/maintenance-data-source.js';
import { whileAnswering } from '../../src/database/watched-connection.js';

class FakeSocket extends EventEmitter {
  public bytesRead = 0;
  public timeoutMs = -1;
  public probes = 0;
  public isDestroyed = false;
  public readonly ended: Promise<never>;
  private end: (error: Error) => void = () => undefined;

  public constructor() {
    super();
    this.ended = new Promise((_, reject) => {
      this.end = reject;
    });
  }

  public setTimeout(milliseconds: number): void {
    this.timeoutMs = milliseconds;
  }

  public setKeepAlive(): void {
    this.probes += 1;
  }

  public destroy(): void {
    this.isDestroyed = true;
    this.end(new Error('Connection terminated unexpectedly'));
  }
}

describe('a connection that is watched', () => {
  let socket: FakeSocket;
  let queryRunner: QueryRunner;

  beforeEach(() => {
    jest.useFakeTimers();
    socket = new FakeSocket();
    queryRunner = { connect: async () => ({ connection: { stream: socket } }) } as unknown as QueryRunner;
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('is given up when nothing comes, and left alone afterwards', async () => {
    const waiting = whileAnswering(queryRunner, 5_000, async () => {
      expect(socket.timeoutMs).toBe(5_000);
      socket.emit('timeout');
      jest.advanceTimersByTime(100);
      return socket.ended;
    });
    await expect(waiting).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: expect.stringContaining('did not answer within 5 s'),
    });
    expect([socket.timeoutMs, socket.listenerCount('timeout')]).toEqual([0, 0]);
  });

  it('is kept when the answer was there, and only the process stood still', async () => {
    const answer = await whileAnswering(queryRunner, 5_000, async () => {
      socket.emit('timeout');
      socket.bytesRead += 100;
      jest.advanceTimersByTime(60_000);
      return Promise.race([socket.ended, Promise.resolve('answer')]);
    });
    expect(answer).toBe('answer');
    expect(socket.isDestroyed).toBe(false);
  });

  it.each(['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])(
    'is silent, too, when the kernel finds so first: %s',
    async (code) => {
      const failing = whileAnswering(queryRunner, 5_000, () =>
        Promise.reject(Object.assign(new Error(code), { code })),
      );
      await expect(failing).rejects.toMatchObject({ code: 'NO_ANSWER' });
    },
  );

  it('is probed once it was used, and not set up twice', async () => {
    await whileAnswering(queryRunner, 5_000, async () => undefined);
    await whileAnswering(queryRunner, 5_000, async () => undefined);
    expect(socket.probes).toBe(1);
  });
});

describe('a further connection', () => {
  it('is not waited for when it does not come, and given back when it comes later', async () => {
    const [pool, given] = [new EventEmitter(), new EventEmitter()];
    let isReleased = false;
    const release = async (): Promise<void> => {
      isReleased = true;
      given.emit('back');
    };
    const dataSource = { createQueryRunner: () => ({ connect: () => once(pool, 'connected'), release }) };
    const used = await withQueryRunnerInTime(dataSource as unknown as DataSource, 1, async () => 'used');
    expect([used, isReleased]).toEqual([undefined, false]);
    const isBack = once(given, 'back');
    pool.emit('connected');
    await isBack;
  });
});
