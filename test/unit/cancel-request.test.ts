import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import { cancelStatement } from '../../src/database/cancel-request.js';

const runnerOf = (connection: object): QueryRunner =>
  ({ connect: async () => connection }) as Partial<QueryRunner> as QueryRunner;

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
