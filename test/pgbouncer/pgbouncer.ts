import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from '../support/eventually.js';

/** The user that Debian calls nobody: PgBouncer refuses to run as root. */
const UNPRIVILEGED_ID = 65_534;

/** A running PgBouncer. */
export interface PgBouncer {
  /** The same database and role as the server's URL, through the pool. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts PgBouncer in front of a server, pooling by transaction, with so few server connections that clients must share. */
export async function startPgBouncer(serverUrl: string, poolSize: number): Promise<PgBouncer> {
  const directory = await mkdtemp(join(tmpdir(), 'pgbouncer-'));
  const port = await freePort();
  const configPath = await writeConfig(directory, { serverUrl: new URL(serverUrl), port, poolSize });
  const isRoot = process.getuid?.() === 0;
  const child = spawn('pgbouncer', [configPath], {
    stdio: 'ignore',
    ...(isRoot ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {}),
  });
  const url = new URL(serverUrl);
  url.port = String(port);
  await eventually(() => answers(url.href));
  return {
    url: url.href,
    stop: async () => {
      await ended(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

interface PoolConfig {
  readonly serverUrl: URL;
  readonly port: number;
  readonly poolSize: number;
}

async function writeConfig(directory: string, { serverUrl, port, poolSize }: PoolConfig): Promise<string> {
  const users = join(directory, 'users.txt');
  const config = join(directory, 'pgbouncer.ini');
  const password = decodeURIComponent(serverUrl.password);
  await writeFile(users, `"${decodeURIComponent(serverUrl.username)}" "${password}"\n`, { mode: 0o600 });
  await writeFile(
    config,
    `[databases]
* = host=${serverUrl.hostname} port=${serverUrl.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 100
`,
  );
  if (process.getuid?.() === 0) {
    await Promise.all([directory, users, config].map((path) => chown(path, UNPRIVILEGED_ID, UNPRIVILEGED_ID)));
  }
  await chmod(directory, 0o700);
  return config;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}
