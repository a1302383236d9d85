import type { QueryRunner } from 'typeorm';
import { queryWithoutLogging, RUN_DEFERRED } from '../../database/short-transaction.js';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import { countOf } from '../../text/format.js';
import { lockUnchanged, type SecretChange, secretsOf, type StoredSecret, writeSecrets } from './secret-statements.js';
import type { UsersTable } from './users-table.js';

const NAMED_USERS = 10;

/** What became of a batch: the users that it did not write, and those of them whom nobody held, whom a trigger or rule kept. */
export interface WatchedWrite {
  readonly missed: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Writes a batch to a table on which triggers or rules of others act, in whatever transaction is open, and reads it again once all of them
 * have run, the deferred ones too: what is there then is what would be committed.
 *
 * @param skipsLocked true to pass over users that somebody holds
 * @throws {MaintenanceError} `SECRETS_ALTERED` when a secret is neither the one that was written nor the one before it: to be undone
 */
export async function writeWatched(
  queryRunner: QueryRunner,
  users: UsersTable,
  changes: readonly SecretChange[],
  skipsLocked: boolean,
): Promise<WatchedWrite> {
  if (changes.length === 0) {
    return { missed: [], kept: [] };
  }
  const { rows } = await queryWithoutLogging(queryRunner, lockUnchanged(users, changes, skipsLocked));
  const locked = new Set(rows.map(({ userId }) => String(userId)));
  const own = changes.filter(({ userId }) => locked.has(userId));
  if (own.length > 0) {
    await queryWithoutLogging(queryRunner, writeSecrets(users, own));
  }
  await queryRunner.query(RUN_DEFERRED);
  const kept = await readBack(queryRunner, users, own);
  const missed = changes.filter(({ userId }) => !locked.has(userId)).map(({ userId }) => userId);
  return { missed: [...missed, ...kept], kept };
}

/** The triggers and rules that act on users, by their names. */
export function namesOfActors({ actors }: Pick<UsersTable, 'actors'>): string {
  return actors.map(({ kind, name }) => `the ${kind} ${name}`).join(' or ');
}

/** Answers the users whose secret is still the old one. Nobody else can have changed one of these rows, which are locked. */
async function readBack(
  queryRunner: QueryRunner,
  users: UsersTable,
  changes: readonly SecretChange[],
): Promise<readonly string[]> {
  const userIds = changes.map(({ userId }) => userId);
  const { rows } = await queryWithoutLogging(queryRunner, secretsOf(users, userIds));
  const stored = new Map(rows.map(({ userId, secret }) => [String(userId), secret] as const));
  const unwritten = changes.filter(({ userId, reencrypted }) => stored.get(userId) !== reencrypted);
  const altered = unwritten.filter(({ userId, secret }) => stored.get(userId) !== secret);
  if (altered.length > 0) {
    throw alteredSecrets(users, altered);
  }
  return unwritten.map(({ userId }) => userId);
}

function alteredSecrets(users: UsersTable, altered: readonly StoredSecret[]): MaintenanceError {
  const { actors, table } = users;
  const named = altered.slice(0, NAMED_USERS).map(({ userId }) => userId);
  const rest = altered.length > NAMED_USERS ? ` and ${altered.length - NAMED_USERS} more` : '';
  const culprits = actors.length === 0 ? 'something that is not to be seen' : namesOfActors(users);
  return new MaintenanceError(
    'SECRETS_ALTERED',
    `${countOf(altered.length, 'secret')} of ${table.tableName} did not stay as written, of the users with id ${named.join(', ')}${rest}: ` +
      `${culprits} changes them. That write was undone. Have it leave ${table.column('totpSecret')} as it is, or disable it for the rotation`,
    { context: { table: table.tableName, objects: actors.map(({ name }) => name) } },
  );
}
