import type { QueryRunner } from 'typeorm';
import { queryWithoutLogging } from '../../database/short-transaction.js';
import {
  pageOfSecrets,
  type SecretChange,
  secretsOf,
  type StoredSecret,
  usersNotWritten,
  writeSecrets,
  writeUnlockedSecrets,
} from './secret-statements.js';
import type { SecretPage } from './secret-store.js';
import type { UsersTable } from './users-table.js';
import { writeWatched } from './watched-write.js';

/** Users of a batch. A thousand tokens take some 10 ms to re-encrypt and as long to write. */
export const BATCH = { initial: 1_000, max: 2_000 } as const;

/** Reads a page, in whatever transaction is open. */
export async function readPage(
  queryRunner: QueryRunner,
  users: UsersTable,
  after: string | undefined,
  size: number,
): Promise<SecretPage> {
  const { rows } = await queryWithoutLogging(queryRunner, pageOfSecrets(users, after, size));
  const last = rows.at(-1);
  return { secrets: secretsIn(rows), lastUserId: last === undefined ? undefined : String(last['userId']) };
}

/** Reads the secrets of some users, in whatever transaction is open. */
export async function readSecrets(
  queryRunner: QueryRunner,
  users: UsersTable,
  userIds: readonly string[],
): Promise<readonly StoredSecret[]> {
  return secretsIn((await queryWithoutLogging(queryRunner, secretsOf(users, userIds))).rows);
}

/**
 * Writes a batch, in whatever transaction is open; answers the users that it did not write.
 *
 * @param isCautious true to skip locked rows
 * @param keptUsers takes in those whom a trigger or rule kept
 */
export async function writeBatch(
  queryRunner: QueryRunner,
  users: UsersTable,
  changes: readonly SecretChange[],
  { isCautious, keptUsers }: { readonly isCautious: boolean; readonly keptUsers: Set<string> },
): Promise<readonly string[]> {
  if (changes.length === 0) {
    return [];
  }
  if (users.isActedOn) {
    const { missed, kept } = await writeWatched(queryRunner, users, changes, isCautious);
    changes.forEach(({ userId }) => keptUsers.delete(userId));
    kept.forEach((userId) => keptUsers.add(userId));
    return missed;
  }
  const write = isCautious ? writeUnlockedSecrets : writeSecrets;
  const { rowCount } = await queryWithoutLogging(queryRunner, write(users, changes));
  if (rowCount === changes.length) {
    return [];
  }
  const { rows } = await queryWithoutLogging(queryRunner, usersNotWritten(users, changes));
  return rows.map(({ userId }) => String(userId));
}

/** Without the users who have none. */
function secretsIn(rows: readonly Readonly<Record<string, unknown>>[]): readonly StoredSecret[] {
  return rows
    .filter(({ secret }) => typeof secret === 'string' && secret !== '')
    .map(({ userId, secret }) => ({ userId: String(userId), secret: String(secret) }));
}
