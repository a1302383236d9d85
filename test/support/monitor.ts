import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';

/** What a monitor was told. */
interface Ping {
  /** Behind the address of the check, such as `/start`. */
  readonly path: string;
  readonly rid: string | null;
  readonly body: string;
}

/** A monitor of the healthchecks.io convention, on loopback. */
export interface Monitor {
  /** The address of its only check, which nobody but the module may know. */
  readonly address: string;
  readonly pings: readonly Ping[];
  answerWith(answer: (response: ServerResponse, ping: Ping) => void): void;
}

const CHECK = '/5ec4e7-1d0f-a-check';

/** Serves for the file's tests; hears and answers 200 unless a test says otherwise. */
export function useMonitor(): Monitor {
  const pings: Ping[] = [];
  const hear = (response: ServerResponse): void => void response.end('OK');
  let answer: (response: ServerResponse, ping: Ping) => void = hear;
  let port = 0;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://monitor');
      const ping = { path: pathname.slice(CHECK.length), rid: searchParams.get('rid'), body };
      pings.push(ping);
      answer(response, ping);
    });
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  beforeEach(() => {
    pings.length = 0;
    answer = hear;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    get address() {
      return `http://127.0.0.1:${port}${CHECK}`;
    },
    pings,
    answerWith: (next) => {
      answer = next;
    },
  };
}
