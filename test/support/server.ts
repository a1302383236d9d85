import { startEmbeddedPostgres } from './embedded-postgres/index.js';

/** A PostgreSQL server that tests, demo or benches may use as they like. */
export interface TestServer {
  /** A URL of a role that may create databases and roles. */
  readonly url: string;
  stop(): Promise<void>;
}

/** The server of `TEST_DATABASE_URL` or `DATABASE_URL` when one is given, else an embedded one. */
export async function startTestServer(settings: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  const given = process.env['TEST_DATABASE_URL'] ?? process.env['DATABASE_URL'];
  return given === undefined ? startEmbeddedPostgres({ settings }) : { url: given, stop: async () => undefined };
}

/** The same server's URL for another database. */
export function urlOfDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
