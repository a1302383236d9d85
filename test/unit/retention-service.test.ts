import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ModuleRef } from '@nestjs/core';
import type { RetentionSource } from '../../src/retention/retention-provider-source.js';
import { RetentionService } from '../../src/retention/retention.service.js';

const NEVER = new Promise<never>(() => undefined);

describe('a retention provider that does not answer', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const serviceOf = (retention: RetentionSource): RetentionService =>
    new RetentionService({ retention, retentionBounds: {} }, {} as ModuleRef, {});
  const messageOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'nothing was thrown',
      (error: unknown) => error,
    );

  it.each([
    ['getRetention()', { useFactory: () => ({ getRetention: () => NEVER }) }],
    ['its factory', { useFactory: () => NEVER }],
  ])('fails the run after 30 s: %s', async (asked, source) => {
    const failure = messageOf(serviceOf(source).policy());
    await jest.advanceTimersByTimeAsync(29_999);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(await failure).toMatchObject({
      code: 'RETENTION_PROVIDER',
      message: `The retention provider failed, nothing was deleted: ${asked} did not answer within 30 s`,
    });
  });

  it('keeps no application from failing to start', async () => {
    const failure = messageOf(serviceOf({ useFactory: () => NEVER }).onModuleInit());
    await jest.advanceTimersByTimeAsync(30_000);
    expect(await failure).toMatchObject({ code: 'RETENTION_PROVIDER' });
  });

  it('is waited for no longer once the caller asks to stop', async () => {
    const stop = new AbortController();
    const service = serviceOf({ useFactory: () => ({ getRetention: () => NEVER }) });
    const waiting = messageOf(service.policy({}, stop.signal));
    stop.abort();
    expect(await waiting).toMatchObject({ code: 'INTERRUPTED', reason: 'requested' });
  });
});
