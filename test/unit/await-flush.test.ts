import { describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { awaitFlush } from '../../src/batches/await-flush.js';

describe('the wait for the disk', () => {
  it.each([
    ['until the server says so', [false, false, true], 3],
    ['not at all when it is there', [true], 1],
  ])('lasts %s', async (_, answers, times) => {
    const statements: [string, unknown][] = [];
    const query = async (sql: string, parameters?: unknown): Promise<object[]> => {
      statements.push([sql, parameters]);
      if (sql.includes('emit_message')) {
        throw new Error('permission denied');
      }
      return [sql.includes('flushed') ? { flushed: answers.shift() ?? true } : { position: '0/16B3748' }];
    };
    await awaitFlush({ query } as unknown as QueryRunner);
    expect(statements).toEqual([
      [`select pg_catalog.pg_logical_emit_message(true, 'tenxyte-maintenance', '')`, undefined],
      ['select pg_catalog.pg_current_wal_insert_lsn()::pg_catalog.text as position', undefined],
      ...Array.from({ length: times }, () => [
        'select pg_catalog.pg_current_wal_flush_lsn() operator(pg_catalog.>=) $1::pg_catalog.pg_lsn as flushed',
        ['0/16B3748'],
      ]),
    ]);
  });

  it('is given up quietly when the server cannot say', async () => {
    const query = (): Promise<never> => Promise.reject(new Error('the server restarts'));
    await expect(awaitFlush({ query } as unknown as QueryRunner)).resolves.toBeUndefined();
  });
});
