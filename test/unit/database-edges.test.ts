import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { QueryFailedError } from 'typeorm';
import { cancelStatement } from '../../src/database/cancel-request.js';
import { expectOne } from '../../src/database/expect-one.js';
import { inOneMessage } from '../../src/database/short-transaction.js';
import { isConnectionLost, sqlState } from '../../src/database/sql-state.js';
import { entityClasses, TENXYTE_ENTITIES } from '../../src/tenxyte/tenxyte-entities.js';

const runnerOf = (connection: object): QueryRunner =>
  ({ connect: async () => connection }) as Partial<QueryRunner> as QueryRunner;

describe('one statement in a message', () => {
  const MODE = { isolation: 'read committed', access: 'read write' } as const;

  it('stands between the two of its transaction', async () => {
    const sent: string[] = [];
    const answers = [
      { rows: [], rowCount: null },
      { rows: [{ n: 1 }], rowCount: 1 },
      { rows: [], rowCount: null },
    ];
    const query = async (sql: string): Promise<object[]> => (sent.push(sql), answers);
    expect(await inOneMessage(runnerOf({ query }), MODE, 'select 1 as n')).toEqual({ rows: [{ n: 1 }], rowCount: 1 });
    expect(sent).toEqual(['begin isolation level read committed read write; select 1 as n; commit']);
  });

  it.each([
    ['no results', []],
    ['no count', [{ rows: [], rowCount: null }, {}]],
  ])('answered with %s wrote nothing', async (_, answers) => {
    const query = async (): Promise<object[]> => answers;
    expect(await inOneMessage(runnerOf({ query }), MODE, 'analyze')).toEqual({ rows: [], rowCount: 0 });
  });
});

it('makes up no row that the database did not answer', () => {
  expect(expectOne([{ n: 1 }])).toEqual({ n: 1 });
  expect(() => expectOne([])).toThrow('answered no row');
});

describe('the request to cancel a statement', () => {
  it('is not made for a connection without a key', async () => {
    await expect(cancelStatement(runnerOf({ processID: 1 }))).resolves.toBeUndefined();
  });

  it('takes the same socket as the connection', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tenxyte-socket-'));
    const requests: Promise<string>[] = [];
    const server = createServer((socket) => {
      socket.setEncoding('hex');
      requests.push(text(socket));
      socket.once('data', () => socket.end());
    });
    try {
      await new Promise<void>((listening) => server.listen(join(directory, '.s.PGSQL.5433'), listening));
      await cancelStatement(runnerOf({ host: directory, port: 5433, processID: 7, secretKey: -1 }));
      expect(await Promise.all(requests)).toEqual(['0000001004d2162e00000007ffffffff']);
    } finally {
      server.close();
      rmSync(directory, { recursive: true });
    }
  });

  it('gives up when nobody listens', async () => {
    const connection = { host: join(tmpdir(), 'tenxyte-no-such-directory'), processID: 7, secretKey: 1 };
    await expect(cancelStatement(runnerOf(connection))).resolves.toBeUndefined();
  });
});

describe('an error', () => {
  it.each([
    [Object.assign(new Error('locked'), { code: '55P03' }), '55P03'],
    [new QueryFailedError('select', [], Object.assign(new Error('locked'), { code: '55P03' })), '55P03'],
    [Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), undefined],
    ['a text', undefined],
    [null, undefined],
  ])('%s has the SQLSTATE %s', (error, state) => {
    expect(sqlState(error)).toBe(state);
  });

  it.each([
    [{ code: '57P01' }, true],
    [{ code: '08006' }, true],
    [{ code: '57014' }, false],
    [new Error('Connection terminated unexpectedly'), true],
    [new Error('syntax error'), false],
    ['Connection terminated', false],
  ])('%j tells of a lost connection: %s', (error, isLost) => {
    expect(isConnectionLost(error)).toBe(isLost);
  });
});

it('takes the entities of this package when the host gives none', () => {
  expect(entityClasses()).toEqual(TENXYTE_ENTITIES);
});
