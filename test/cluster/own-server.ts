import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';
import type { EmbeddedPostgres } from '../support/embedded-postgres/index.js';
import { startEmbeddedPostgres } from '../support/embedded-postgres/index.js';
import { onDatabase } from '../support/on-database.js';
import { createTenxyteDatabase } from '../support/tenxyte-database.js';
import type { TestDatabase } from '../support/test-database.js';

const NAME = 'tenxyte';

/** A database on a server of the test file's own. */
export interface OwnServer {
  readonly database: TestDatabase;
  /** Kills the server and starts it again: every session is cut, what was committed stays. */
  crash(): Promise<void>;
}

/** Starts a server with Tenxyte's tables before the file's tests and stops it after them. */
export function useOwnServer(): OwnServer {
  let server: EmbeddedPostgres | undefined;
  let url = '';
  const clients: pg.Client[] = [];

  beforeAll(async () => {
    server = await startEmbeddedPostgres({ durable: true });
    url = await createTenxyteDatabase(server.url, NAME);
  });
  afterAll(async () => {
    await Promise.allSettled(clients.map((client) => client.end()));
    await server?.stop();
  });

  const database: TestDatabase = {
    name: NAME,
    get url() {
      return url;
    },
    get serverUrl() {
      return server?.url ?? '';
    },
    query: async <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) =>
      (await onDatabase(url, (client) => client.query<Row>(sql, values))).rows,
    connect: async () => {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
  };
  return { database, crash: async () => server?.restart('immediate') };
}
