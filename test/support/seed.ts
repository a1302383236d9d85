import pg from 'pg';
import { createTenxyteDatabase } from './tenxyte-database.js';
import { onDatabase } from './on-database.js';

/** A table and how many rows it gets. */
export interface SeededTable {
  readonly table: keyof typeof SELECTS;
  readonly rows: number;
  /** The share of the rows that a cleanup with the default policy deletes, 0 to 1. */
  readonly dueFraction: number;
}

/** `:n` is the row's number from 0, `:rows` their count, `:due` the due share; the due rows are the oldest, as in life. */
const AGE = (days: number): string =>
  `case when n < :rows * :due then now() - interval '${days} days' - (:rows * :due - n) / (:rows * :due) * interval '${days} days' - interval '1 hour'
        else now() - interval '${days} days' + (n - :rows * :due + 1) / (:rows * (1 - :due) + 1) * interval '${days} days' end`;
const EXPIRY = `case when n < :rows * :due then now() - interval '1 hour' - (:rows - n) * interval '1 second' else now() + interval '30 days' end`;
const HASH = "encode(sha256(convert_to(n::text, 'UTF8')), 'hex')";

const SELECTS = {
  blacklisted_tokens: `(token_jti, blacklisted_at, expires_at, reason, user_id) select ${HASH}, now(), ${EXPIRY}, 'logout', 1 + n % 1000`,
  magic_link_tokens: `(token, ip_address, is_used, expires_at, created_at, application_id, user_id, user_agent)
    select ${HASH}, '10.0.0.1', n % 2 = 0, ${EXPIRY}, now(), 1, 1 + n % 1000, 'Mozilla/5.0'`,
  otp_codes: `(code, otp_type, is_used, expires_at, created_at, attempts, max_attempts, user_id)
    select ${HASH}, 'login_2fa', n < :rows * :due and n % 2 = 0, ${EXPIRY}, now(), 1, 5, 1 + n % 1000`,
  refresh_tokens: `(token, device_info, ip_address, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
    select ${HASH}, 'Firefox on Linux', '10.0.0.1', n < :rows * :due and n % 3 = 0, ${EXPIRY}, now(), now(), 1, 1 + n % 1000`,
  login_attempts: `(identifier, ip_address, success, failure_reason, created_at, application_id)
    select 'user' || (n * 7919::bigint) % 100000 || '@example.com', '10.0.0.1', n % 5 <> 0, case when n % 5 = 0 then 'invalid_password' else '' end, ${AGE(90)}, 1`,
  audit_logs: `(action, ip_address, user_agent, details, created_at, application_id, user_id)
    select (array['login', 'logout', 'token_refresh', 'password_change'])[1 + n % 4], '10.0.0.1', 'Mozilla/5.0 (X11; Linux x86_64)', '{"method": "password"}',
    ${AGE(365)}, 1, 1 + n % 1000`,
} as const;

/** Creates a database with Tenxyte's tables and indexes, users, an application and the rows asked for; vacuumed and analyzed. */
export async function seedDatabase(serverUrl: string, name: string, tables: readonly SeededTable[]): Promise<void> {
  const url = await createTenxyteDatabase(serverUrl, name);
  await onDatabase(url, async (client) => {
    await client.query('set session_replication_role = replica');
    await seedReferences(client);
    for (const table of tables) {
      await seedTable(client, table);
    }
    await client.query('vacuum (freeze, analyze)');
    await client.query('checkpoint');
  });
}

async function seedReferences(client: pg.Client): Promise<void> {
  await client.query(`
    insert into users (password, first_name, last_name, is_email_verified, is_phone_verified, is_2fa_enabled, backup_codes, is_active,
      is_locked, is_banned, is_deleted, is_staff, is_superuser, max_sessions, max_devices, created_at, updated_at, is_restricted, bio,
      language, timezone, lockout_count)
    select 'x', 'A', 'B', true, false, false, '[]', true, false, false, false, false, false, 5, 5, now(), now(), false, '', 'en', 'UTC', 0
    from generate_series(1, 1000)`);
  await client.query(`
    insert into applications (name, description, access_key, access_secret, is_active, created_at, updated_at, redirect_uris)
    values ('app', '', 'key', 'x', true, now(), now(), '[]')`);
}

/** Plain indexes are built after the rows: the result is the same, in a tenth of the time. */
async function seedTable(client: pg.Client, { table, rows, dueFraction }: SeededTable): Promise<void> {
  const { rows: indexes } = await client.query<{ indexname: string; indexdef: string }>(
    `select indexname, indexdef from pg_indexes where tablename = $1 and indexdef not like '%UNIQUE%'`,
    [table],
  );
  for (const { indexname } of indexes) {
    await client.query(`drop index ${indexname}`);
  }
  const select = SELECTS[table].replaceAll(':rows', `${rows}::float8`).replaceAll(':due', String(dueFraction));
  await client.query(`insert into ${table} ${select} from generate_series(0, ${rows - 1}) as n`);
  for (const { indexdef } of indexes) {
    await client.query(indexdef);
  }
}
