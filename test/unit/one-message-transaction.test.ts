import { describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { inOneMessage } from '../../src/database/short-transaction.js';

const runnerOf = (connection: object): QueryRunner =>
  ({ connect: async () => connection }) as Partial<QueryRunner> as QueryRunner;

describe('one statement in a message', () => {
  const MODE = { isolation: 'read committed', access: 'read write', silenceMs: 1_000 } as const;

  it('stands between the two of its transaction', async () => {
    const sent: string[] = [];
    const answers = [
      { rows: [], rowCount: null },
      { rows: [{ n: 1 }], rowCount: 1 },
      { rows: [], rowCount: null },
    ];
    const query = async (sql: string): Promise<object[]> => (sent.push(sql), answers);
    expect(await inOneMessage(runnerOf({ query }), MODE, 'select 1 as n')).toEqual({ rows: [{ n: 1 }], rowCount: 1 });
    expect(sent).toEqual(['begin isolation level read committed; select 1 as n; commit']);
  });

  it('comes after the settings and the opening of its transaction', async () => {
    const sent: string[] = [];
    const query = async (sql: string): Promise<object[]> => (sent.push(sql), []);
    const mode = { ...MODE, settings: { lock_timeout: 50 }, opening: ['select 1', 'select 2'] };
    await inOneMessage(runnerOf({ query }), mode, 'analyze');
    expect(sent).toEqual([
      "begin isolation level read committed; set local lock_timeout = '50'; select 1; select 2; analyze; commit",
    ]);
  });

  it.each([
    ['no results', []],
    ['no count', [{ rows: [], rowCount: null }, {}]],
  ])('answered with %s wrote nothing', async (_, answers) => {
    const query = async (): Promise<object[]> => answers;
    expect(await inOneMessage(runnerOf({ query }), MODE, 'analyze')).toEqual({ rows: [], rowCount: 0 });
  });
});
