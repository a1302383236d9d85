import type { QueryRunner } from 'typeorm';
import { queryWithoutLogging } from '../../database/short-transaction.js';
import {
  pageOfSecrets,
  type PageOfUsers,
  type SecretChange,
  secretsOf,
  type StoredSecret,
  usersNotWritten,
  writeSecrets,
  writeUnheldSecrets,
} from './secret-statements.js';
import type { SecretPage } from './secret-store.js';
import type { UsersTable } from './users-table.js';

/** How many users a batch has. A thousand tokens take some 10 ms to renew and as long to write. */
export const BATCH = { initial: 1_000, max: 2_000 } as const;

/** Reads a page, in whatever transaction is open. */
export async function readPage(queryRunner: QueryRunner, users: UsersTable, page: PageOfUsers): Promise<SecretPage> {
  return pageOf((await queryWithoutLogging(queryRunner, pageOfSecrets(users, page))).rows);
}

/** Reads the secrets of some users, in whatever transaction is open. */
export async function readSecrets(
  queryRunner: QueryRunner,
  users: UsersTable,
  userIds: readonly string[],
): Promise<readonly StoredSecret[]> {
  return secretsIn((await queryWithoutLogging(queryRunner, secretsOf(users, userIds))).rows);
}

/** What to write, and how. */
export interface WriteBatch {
  readonly users: UsersTable;
  readonly changes: readonly SecretChange[];
  /** True to pass over the rows that somebody holds. */
  readonly isCautious: boolean;
}

/** Writes a batch, in whatever transaction is open; answers the users that it did not write. */
export async function writeBatch(
  queryRunner: QueryRunner,
  { users, changes, isCautious }: WriteBatch,
): Promise<readonly string[]> {
  if (changes.length === 0) {
    return [];
  }
  const write = isCautious ? writeUnheldSecrets : writeSecrets;
  const { rowCount } = await queryWithoutLogging(queryRunner, write(users, changes));
  if (rowCount === changes.length) {
    return [];
  }
  const { rows } = await queryWithoutLogging(queryRunner, usersNotWritten(users, changes));
  return rows.map(({ userId }) => String(userId));
}

type Rows = readonly Readonly<Record<string, unknown>>[];

function pageOf(rows: Rows): SecretPage {
  const last = rows.at(-1);
  return { secrets: secretsIn(rows), lastUserId: last === undefined ? undefined : String(last['userId']) };
}

/** Without the users who have none. */
function secretsIn(rows: Rows): readonly StoredSecret[] {
  return rows
    .filter(({ secret }) => typeof secret === 'string' && secret !== '')
    .map(({ userId, secret }) => ({ userId: String(userId), secret: String(secret) }));
}
