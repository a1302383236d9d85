import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import pg from 'pg';
import { copyDatabase, dropDatabase } from './tenxyte-database.js';

/** What a test waits for at the database comes or fails: it never waits for good. */
const LONGEST_WAIT_MS = 120_000;

/** A database of the test file's own, with Tenxyte's tables and no rows. */
export interface TestDatabase {
  readonly url: string;
  /** The server's URL, of a role that may do anything. */
  readonly serverUrl: string;
  readonly name: string;
  /** Runs SQL as the superuser and answers the rows. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** A connection of its own, ended with the database. */
  connect(url?: string): Promise<pg.Client>;
}

/** Creates the database before the file's tests and drops it after them. */
export function useTestDatabase(): TestDatabase {
  const serverUrl = environment('TENXYTE_TEST_SERVER');
  const name = `tenxyte_test_${randomUUID().replaceAll('-', '')}`;
  const clients: pg.Client[] = [];
  const state = { url: '' };

  const connect = async (url = state.url): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url, query_timeout: LONGEST_WAIT_MS });
    client.on('error', () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };

  let admin: pg.Client;
  beforeAll(async () => {
    state.url = await copyDatabase(serverUrl, environment('TENXYTE_TEST_TEMPLATE'), name);
    admin = await connect();
  });
  afterAll(async () => {
    await Promise.allSettled(clients.map((client) => client.end()));
    await dropDatabase(serverUrl, name);
  });

  return {
    serverUrl,
    name,
    get url() {
      return state.url;
    },
    query: async <Row extends pg.QueryResultRow>(sql: string, values?: unknown[]) =>
      (await admin.query<Row>(sql, values)).rows,
    connect,
  };
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: run the tests through npm test`);
  }
  return value;
}
