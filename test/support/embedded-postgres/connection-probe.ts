import pg from 'pg';

const CONNECTION_TIMEOUT_MS = 2_000;

/** Asks the server at a URL for `select 1`: undefined when it answers, otherwise why it did not. */
export async function probeConnection(url: string): Promise<Error | undefined> {
  const client = new pg.Client({
    connectionString: url,
    ssl: false,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    query_timeout: CONNECTION_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // A connection cut after the answer says nothing about the answer.
  try {
    await client.connect();
    await client.query('select 1');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    await client.end().catch(() => undefined);
  }
}
