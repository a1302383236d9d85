import type pg from 'pg';
import type { TestDatabase } from '../support/test-database.js';

/** What PgBouncer itself sets on a server connection, as the client in turn wants it. */
const SET_BY_PGBOUNCER = [
  'application_name',
  'client_encoding',
  'DateStyle',
  'standard_conforming_strings',
  'TimeZone',
];

/** What clients left behind on each server connection of a pool: settings, session locks and prepared statements. */
export async function sessionRemains(
  database: TestDatabase,
  poolUrl: string,
  serverConnections: number,
): Promise<string[]> {
  const clients = await Promise.all(Array.from({ length: serverConnections }, () => database.connect(poolUrl)));
  // A transaction on each at once needs each server connection.
  await Promise.all(clients.map((client) => client.query('begin')));
  const remains = await Promise.all(clients.map(remainsOn));
  await Promise.all(clients.map((client) => client.query('rollback')));
  await Promise.all(clients.map((client) => client.end()));
  return remains.flat();
}

async function remainsOn(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ remains: string }>(
    `
    select name || ' = ' || setting as remains
    from pg_settings
    where source = 'session'
      and name <> all ($1::text[])
    union all
    select 'advisory lock ' || objid
    from pg_locks
    where locktype = 'advisory'
      and pid = pg_backend_pid()
    union all
    select 'prepared statement ' || name
    from pg_prepared_statements`,
    [SET_BY_PGBOUNCER],
  );
  return rows.map(({ remains }) => remains);
}
