import type pg from 'pg';
import { onDatabase } from '../test/support/on-database.js';
import { createTenxyteDatabase } from '../test/support/tenxyte-database.js';
import { secretOf, tokenOf } from '../test/support/totp-secrets.js';

const ROWS_PER_INSERT = 10_000;

/** One bulk UPDATE of the column that the rotation writes: as many rows, as long values. */
export const PLAIN_UPDATE = `update users set totp_secret = overlay(totp_secret placing 'x' from 20)`;

/** The tokens of so many users, all under one key. */
export function tokensUnder(key: string, users: number): string[] {
  return Array.from({ length: users }, (_, index) => tokenOf(key, secretOf(index)));
}

/** Creates a database with a user for each token; vacuumed and analyzed. */
export async function seedTotpUsers(serverUrl: string, name: string, tokens: readonly string[]): Promise<void> {
  const url = await createTenxyteDatabase(serverUrl, name);
  await onDatabase(url, async (client) => {
    for (let start = 0; start < tokens.length; start += ROWS_PER_INSERT) {
      await insertUsers(client, tokens.slice(start, start + ROWS_PER_INSERT));
    }
    await client.query('vacuum (freeze, analyze)');
    await client.query('checkpoint');
  });
}

async function insertUsers(client: pg.Client, tokens: readonly string[]): Promise<void> {
  await client.query(
    `insert into users (email, totp_secret, password, first_name, last_name, is_email_verified, is_phone_verified, is_2fa_enabled,
       backup_codes, is_active, is_locked, is_banned, is_deleted, is_staff, is_superuser, max_sessions, max_devices, created_at,
       updated_at, is_restricted, bio, language, timezone, lockout_count)
     select gen_random_uuid() || '@example.com', secret, repeat('x', 88), 'Ada', 'Lovelace', true, false, true, '[]', true, false, false,
       false, false, false, 5, 5, now(), now(), false, '', 'en', 'UTC', 0
     from unnest($1::text[]) as given (secret)`,
    [tokens],
  );
}
