import type { TestDatabase } from '../support/test-database.js';

const LONG_AGO = `timestamptz '2020-01-01'`;

/** Something a host hung on a table that is cleaned: the server runs it once a row. */
export interface HungOnTable {
  readonly what: string;
  readonly table: 'refresh_tokens' | 'login_attempts';
  /** Makes it. Its tables are in the schema `host`. */
  readonly sql: string;
}

/** Two kinds of keys and a trigger, each of which reads an empty table that nobody has analyzed. */
export const HUNG_ON_TABLES: readonly HungOnTable[] = [
  {
    what: 'a deferred foreign key of an empty table',
    table: 'refresh_tokens',
    sql: 'create table host.devices (refresh_token_id bigint references refresh_tokens deferrable initially deferred)',
  },
  {
    what: 'an immediate foreign key of an empty table',
    table: 'refresh_tokens',
    sql: 'create table host.devices (refresh_token_id bigint references refresh_tokens)',
  },
  {
    what: 'a trigger that reads one table and writes another',
    table: 'login_attempts',
    sql: `
      create table host.watched (identifier text);
      create table host.forgotten (identifier text);
      create function host.forget() returns trigger language plpgsql as $$
      begin
        insert into host.forgotten
        select old.identifier
        where not exists (select 1 from host.watched where watched.identifier = old.identifier);
        return null;
      end $$;
      create trigger forget after delete on login_attempts for each row execute function host.forget()`,
  },
];

const SELECTS: Readonly<Record<HungOnTable['table'], string>> = {
  refresh_tokens: `(token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
    select gen_random_uuid(), '', false, ${LONG_AGO}, ${LONG_AGO}, ${LONG_AGO}, 1, 1`,
  login_attempts: `(identifier, ip_address, success, failure_reason, created_at, application_id)
    select 'user' || n, '10.0.0.1', true, '', ${LONG_AGO}, 1`,
};

/** Inserts rows that a cleanup deletes, all at once. */
export async function insertDueRows(database: TestDatabase, table: HungOnTable['table'], count: number): Promise<void> {
  await database.query(`insert into ${table} ${SELECTS[table]} from generate_series(1, ${count}) as n`);
}
