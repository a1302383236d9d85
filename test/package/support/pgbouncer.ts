import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll } from '@jest/globals';
import { freePort } from '../../support/embedded-postgres/free-port.js';
import { PortTakenError } from '../../support/embedded-postgres/port-taken.error.js';
import { exitOf } from '../../support/embedded-postgres/process-exit.js';
import { retryWhilePortTaken } from '../../support/embedded-postgres/retry-while-port-taken.js';
import { giveTo, serverAccount } from '../../support/embedded-postgres/server-account.js';
import { useTemporaryDirectory } from './temporary-directory.js';

/** A PgBouncer in transaction mode: consecutive transactions of a client may run on different server connections. */
export interface Pgbouncer {
  /** The database's URL through the pooler. */
  readonly url: string;
}

/** How many server connections all clients share. */
export const POOL_SIZE = 2;

/** Whether the pgbouncer command is there. */
export function hasPgbouncer(): boolean {
  return spawnSync('pgbouncer', ['--version']).status === 0;
}

/** Starts PgBouncer in front of a database before the file's tests and stops it after them. */
export function usePgbouncer(database: { readonly url: string }): Pgbouncer {
  const directory = useTemporaryDirectory();
  const state = { url: '', stop: async (): Promise<unknown> => undefined };

  beforeAll(async () => {
    Object.assign(state, await retryWhilePortTaken(() => start(directory(), new URL(database.url))));
  });
  afterAll(() => state.stop());

  return {
    get url() {
      return state.url;
    },
  };
}

async function start(directory: string, database: URL): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const port = await freePort();
  const account = serverAccount();
  const settings = join(directory, 'pgbouncer.ini');
  writeFileSync(settings, settingsFor(database, port));
  [directory, settings].forEach((path) => giveTo(account, path));

  const child = spawn('pgbouncer', [settings], { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'], ...account });
  await readiness(child, port);

  const url = new URL(database.href);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    stop: async () => {
      child.kill('SIGTERM');
      return exitOf(child);
    },
  };
}

function settingsFor(database: URL, port: number): string {
  const { hostname, port: serverPort, username, password } = database;
  const login = `user='${decodeURIComponent(username)}' password='${decodeURIComponent(password)}'`;
  return `
[databases]
* = host=${hostname} port=${serverPort || '5432'} ${login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
`;
}

/** Waits until PgBouncer listens, and fails with its log when it ends instead. */
async function readiness(child: ChildProcessByStdio<null, null, Readable>, port: number): Promise<void> {
  let log = '';
  const ready = new Promise<void>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('process up')) {
        resolve();
      }
    });
  });
  const ended = exitOf(child).then((exit) => {
    throw /address already in use/i.test(log) ? new PortTakenError(port) : new Error(`pgbouncer: ${exit}\n${log}`);
  });
  // Once it is up, its end is no failure.
  ended.catch(() => undefined);
  await Promise.race([ready, ended]);
}
