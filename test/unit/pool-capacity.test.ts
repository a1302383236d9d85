import { describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { hasPoolCapacity } from '../../src/database/pool-capacity.js';

const withPool = (pool: object | undefined): DataSource => ({ driver: { master: pool } }) as unknown as DataSource;

describe('room in the pool', () => {
  it.each([
    ['a quarter is in use', { totalCount: 3, idleCount: 0, waitingCount: 0, options: { max: 10 } }, true],
    ['connections lie idle', { totalCount: 10, idleCount: 8, waitingCount: 0, options: { max: 10 } }, true],
    ['half is in use', { totalCount: 7, idleCount: 2, waitingCount: 0, options: { max: 10 } }, false],
    ['somebody waits', { totalCount: 1, idleCount: 0, waitingCount: 1, options: { max: 10 } }, false],
    ['the pool is small', { totalCount: 1, idleCount: 0, waitingCount: 0, options: { max: 3 } }, false],
    ['the size is not known', { totalCount: 1, idleCount: 0, waitingCount: 0, options: {} }, false],
    ['it is no pool', {}, false],
    ['there is none', undefined, false],
  ])('while %s', (_, pool, expected) => {
    expect(hasPoolCapacity(withPool(pool))).toBe(expected);
  });
});
