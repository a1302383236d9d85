import type { TestDatabase } from './test-database.js';
import { secretOf, tokenOf } from './totp-secrets.js';

/** The keys of a test, the newest first; `unknown` is in nobody's list. */
export interface TotpKeys {
  readonly current: string;
  readonly old: string;
  readonly older: string;
  readonly unknown: string;
}

/** What a user's secret may be. */
export const SECRET_KINDS = [
  'current',
  'old',
  'older',
  'unknown',
  'plaintext',
  'null',
  'empty',
  'corrupt',
  'truncated',
  'deleted',
] as const;

/** A user as a test knows it. */
export interface KnownUser {
  readonly id: string;
  readonly kind: (typeof SECRET_KINDS)[number];
  readonly stored: string | null;
  /** What the secret is, once it is decrypted; undefined when nothing can be. */
  readonly secret: string | undefined;
  /** When its token was made, in seconds since 1970. */
  readonly timestamp: number;
}

/** Makes users whose secrets are of every kind in turn; the soft-deleted ones are under the old key. */
export function mixedUsers(count: number, keys: TotpKeys): KnownUser[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = SECRET_KINDS[index % SECRET_KINDS.length] ?? 'current';
    const timestamp = 1_600_000_000 + index;
    const secret = secretOf(index);
    const stored = storedSecret(kind, { keys, secret, timestamp });
    const isReadable = ['current', 'old', 'older', 'plaintext', 'deleted'].includes(kind);
    return { id: String(index + 1), kind, stored, secret: isReadable ? secret : undefined, timestamp };
  });
}

function storedSecret(
  kind: KnownUser['kind'],
  { keys, secret, timestamp }: { keys: TotpKeys; secret: string; timestamp: number },
): string | null {
  const token = (key: string): string => tokenOf(key, secret, timestamp);
  switch (kind) {
    case 'current':
    case 'old':
    case 'older':
    case 'unknown':
      return token(keys[kind]);
    case 'deleted':
      return token(keys.old);
    case 'plaintext':
      return secret;
    case 'null':
      return null;
    case 'empty':
      return '';
    case 'corrupt':
      return token(keys.old).replace(/^(.{40})..../, '$1AAAA');
    default:
      return token(keys.old).slice(0, 100);
  }
}

/** Replaces all users by these. */
export async function insertUsers(
  database: Pick<TestDatabase, 'query'>,
  users: readonly Pick<KnownUser, 'id' | 'kind' | 'stored'>[],
): Promise<void> {
  await database.query('truncate users cascade');
  await database.query(
    `insert into users (id, totp_secret, is_deleted, password, first_name, last_name, is_email_verified, is_phone_verified,
       is_2fa_enabled, backup_codes, is_active, is_locked, is_banned, is_staff, is_superuser, max_sessions, max_devices, created_at,
       updated_at, is_restricted, bio, language, timezone, lockout_count)
     select id, secret, deleted, 'x', 'A', 'B', true, false, true, '[]', true, false, false, false, false, 5, 5, now(), now(), false, '',
       'en', 'UTC', 0
     from unnest($1::bigint[], $2::text[], $3::bool[]) as given (id, secret, deleted)`,
    [users.map(({ id }) => id), users.map(({ stored }) => stored), users.map(({ kind }) => kind === 'deleted')],
  );
}

/** Every user's stored secret, by id. */
export async function storedSecrets(database: Pick<TestDatabase, 'query'>): Promise<Map<string, string | null>> {
  const rows = await database.query<{ id: string; secret: string | null }>(
    'select id::text, totp_secret as secret from users order by id',
  );
  return new Map(rows.map(({ id, secret }) => [id, secret]));
}
