import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { withMaintenance } from '../../src/cli/session/maintenance-context.js';
import { WarningLogger } from '../../src/cli/command-line.js';

describe('connecting to something that never answers', () => {
  let server: Server;

  beforeEach(async () => {
    server = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.close();
  });

  it('gives up after the time-out, once and without a word of its own', async () => {
    const { port } = server.address() as AddressInfo;
    const said: string[] = [];
    const connecting = withMaintenance(
      {
        connection: { url: `postgres://somebody:hidden-word@127.0.0.1:${port}/nowhere` },
        config: {},
        logger: new WarningLogger((line) => said.push(line)),
        connectTimeoutMs: 100,
      },
      async () => 'never',
    );
    await expect(connecting).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringMatching(/^Could not connect to the database, .*timeout/),
    });
    expect(said).toEqual([]);
  });
});
