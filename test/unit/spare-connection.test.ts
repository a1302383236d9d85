import { expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { DEFAULT_CLEANUP_SETTINGS } from '../../src/cleanup/cleanup-settings.js';
import { spareConnection } from '../../src/cleanup/deletion/delete-from-heap.js';
import type { ActiveRun } from '../../src/tasks/active-run.js';

const POOL_WITH_ROOM = { totalCount: 1, idleCount: 0, waitingCount: 0, options: { max: 10 } };

it.each([
  ['may help', {}, true],
  ['may not when one is all it may have', { maxConnections: 1 }, false],
  ['may not when there is a pause, which it would fill', { pauseBetweenBatchesMs: 1 }, false],
])('a second connection of a cleanup %s', (_, changed, isFree) => {
  const dataSource = { driver: { master: POOL_WITH_ROOM } } as unknown as DataSource;
  const settings = { ...DEFAULT_CLEANUP_SETTINGS, ...changed };
  expect(spareConnection({ run: {} as ActiveRun, settings, dataSource }).isFree()).toBe(isFree);
});
