import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { afterAll, beforeAll } from '@jest/globals';
import type { TestDatabase } from './test-database.js';

/** A way to a database that can fall silent: neither side hears of the other any more, not even that it went. */
export interface SilentProxy {
  /** The database's, by this way. */
  readonly url: string;
  silence(): void;
  /** Lets everything through again, what was held back included. */
  speak(): void;
}

/** Opens the way before the file's tests and closes it after them. */
export function useSilentProxy(database: TestDatabase): SilentProxy {
  const sockets = new Set<Socket>();
  let isSilent = false;
  const server = createServer((client) => {
    const { hostname, port } = new URL(database.url);
    const upstream = connect(Number(port), hostname);
    tie(client, upstream);
    tie(upstream, client);
  });
  const tie = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (isSilent) {
      from.pause();
    }
  };
  const proxy = {
    url: '',
    silence: (): void => {
      isSilent = true;
      sockets.forEach((socket) => socket.pause());
    },
    speak: (): void => {
      isSilent = false;
      sockets.forEach((socket) => socket.resume());
    },
  };
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(database.url);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    proxy.url = url.href;
  });
  afterAll(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return proxy;
}
