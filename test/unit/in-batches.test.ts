import { describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import type { BatchLimits } from '../../src/batches/batch-limits.js';
import type { BatchOperation, BatchOutcome } from '../../src/batches/batch-operation.js';
import { HeapWalk } from '../../src/batches/heap-walk.js';
import { inBatches } from '../../src/batches/in-batches.js';

const LIMITS: BatchLimits = { lockTimeoutMs: 1000, statementTimeoutMs: 1000, targetBatchMs: 50 };
const OPERATION: BatchOperation<BatchOutcome> = {
  heap: { sqlName: 'heap', pages: 129, estimatedRows: -1, state: '' },
  due: () => 'true',
  attached: [],
  optimistic: {
    write: () => () => 'optimistic',
    outcome: ({ rowCount }) => ({ rows: rowCount, lockedRows: 0, keptRows: 0 }),
  },
  cautious: {
    write: () => () => 'cautious',
    outcome: () => ({ rows: 1, lockedRows: 1, keptRows: 0 }),
  },
};

/** A server of two batches' work that fails the statements whose number is listed, and keeps what it was told. */
class FakeServer {
  public readonly log: string[] = [];
  private statements = 0;

  public constructor(private readonly failures: Readonly<Record<number, string>> = {}) {}

  public get queryRunner(): QueryRunner {
    const query = async (sql: string): Promise<unknown> => this.answer(sql);
    return { query, connect: async () => ({ query }) } as unknown as QueryRunner;
  }

  public async walk(beforeBatch?: BatchLimits['beforeBatch']): Promise<number> {
    let rows = 0;
    const limits = beforeBatch === undefined ? LIMITS : { ...LIMITS, beforeBatch };
    const walk = new HeapWalk({ pages: 129 });
    for await (const batch of inBatches({ queryRunner: this.queryRunner, walk, operation: OPERATION, limits })) {
      rows += batch.rows;
    }
    return rows;
  }

  private answer(sql: string): unknown {
    if (sql.includes('pg_snapshot_xmax')) {
      return [{ rows: [] }, { rows: [{ transaction: '1' }] }, { rows: [] }];
    }
    if (!/optimistic|cautious/.test(sql)) {
      return [];
    }
    this.log.push(/optimistic|cautious/.exec(sql)?.[0] ?? '');
    this.statements += 1;
    const code = this.failures[this.statements];
    if (code !== undefined) {
      throw Object.assign(new Error('injected fault'), { code });
    }
    const selected = { rows: [], rowCount: 2 };
    return sql.startsWith('begin') ? [{ rows: [], rowCount: null }, selected, { rows: [], rowCount: null }] : selected;
  }
}

describe('the batches of a walk', () => {
  it('go through the heap, each row counted once', async () => {
    const server = new FakeServer();
    expect(await server.walk()).toBe(4);
    expect(server.log).toEqual(['optimistic', 'optimistic']);
  });

  it('turn cautious at the first held row, at the same slice', async () => {
    const server = new FakeServer({ 1: '55P03' });
    expect(await server.walk()).toBe(2);
    expect(server.log).toEqual(['optimistic', 'cautious', 'cautious']);
  });

  it('await beforeBatch before each attempt, failed ones and the end included', async () => {
    const server = new FakeServer({ 1: '55P03' });
    await server.walk(async () => {
      server.log.push('checkpoint');
    });
    expect(server.log).toEqual([
      'checkpoint',
      'optimistic',
      'checkpoint',
      'cautious',
      'checkpoint',
      'cautious',
      'checkpoint',
    ]);
  });

  it.each(['40P01', '57014', '55P03', undefined])(
    'end with what the beforeBatch throws, unchanged, even with SQLSTATE %s, which a batch would survive',
    async (code) => {
      const server = new FakeServer();
      const stop = Object.assign(new Error('stop'), { code });
      let calls = 0;
      const walking = server.walk(async () => {
        calls += 1;
        if (calls === 2) {
          throw stop;
        }
      });
      await expect(walking).rejects.toBe(stop);
      expect(server.log).toEqual(['optimistic']);
    },
  );
});
