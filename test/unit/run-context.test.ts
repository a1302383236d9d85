import { describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import type { CleanupRun } from '../../src/cleanup/cleanup-run.js';
import type { CleanupPlan } from '../../src/cleanup/cleanup-runner.js';
import { DEFAULT_CLEANUP_SETTINGS } from '../../src/cleanup/cleanup-settings.js';
import { cleanupRunOf } from '../../src/cleanup/run-context.js';
import type { CleanupSettings } from '../../src/index.js';
import { FakeRunTime } from '../support/run-time.js';

/** A run with a pool that has room. */
function runWith(settings: CleanupSettings): CleanupRun {
  const pool = { totalCount: 1, idleCount: 0, waitingCount: 0, options: { max: 10 } };
  const resources = {
    dataSource: { driver: { master: pool } } as unknown as DataSource,
    settings: { ...DEFAULT_CLEANUP_SETTINGS, ...settings },
    tableOf: () => {
      throw new Error('not needed');
    },
    time: new FakeRunTime(),
    onBatch: () => undefined,
  };
  return cleanupRunOf(
    resources,
    { isForced: false, maxDurationMs: 0, run: { signal: new AbortController().signal } } as CleanupPlan,
    '2026-03-01T03:00:00.000000Z',
  );
}

describe('a second connection of a cleanup', () => {
  it.each([
    ['may help', {}, true],
    ['may not when one is all it may have', { maxConnections: 1 }, false],
    ['may not when there is a pause, which it would fill', { pauseBetweenBatchesMs: 1 }, false],
  ])('%s', (_name, settings, isFree) => {
    expect(runWith(settings).companion.isFree()).toBe(isFree);
  });
});
