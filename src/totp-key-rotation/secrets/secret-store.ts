import type { QueryRunner } from 'typeorm';
import type { BatchLimits } from '../../batches/batch-limits.js';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import type { SecretChange, StoredSecret } from './secret-statements.js';
import type { UsersTable } from './users-table.js';

/** The secrets of some users. */
export interface SecretPage {
  readonly secrets: readonly StoredSecret[];
  /** The last user that was looked at; undefined when there was none left. */
  readonly lastUserId: string | undefined;
}

/**
 * Answers the page that was read after a user, which a walk goes on with.
 *
 * @throws {MaintenanceError} `PAGE_NOT_ADVANCING` when it ends with that same user: the walk would never end
 */
export function advancing(page: SecretPage, after: string): SecretPage {
  if (page.lastUserId === after) {
    throw new MaintenanceError(
      'PAGE_NOT_ADVANCING',
      `The users after the key ${after} end with that key again: as text it does not compare as it does in the table`,
    );
  }
  return page;
}

/** Reads and writes secrets, a batch at a time. */
export interface SecretStore {
  /** Users whom a trigger or rule kept as they were at the last attempt, although nobody held them. */
  readonly keptUsers: ReadonlySet<string>;
  /** The secrets of the next users by their key; of the first ones after `undefined`. */
  page(after: string | undefined): Promise<SecretPage>;
  of(userIds: readonly string[]): Promise<readonly StoredSecret[]>;
  /** Writes what still stands as it was read; answers the users that it did not write. */
  write(changes: readonly SecretChange[]): Promise<readonly string[]>;
  /** Both {@link write} and {@link page}. */
  writeAndReadOn(
    changes: readonly SecretChange[],
    after: string,
  ): Promise<{ readonly missed: readonly string[]; readonly page: SecretPage }>;
}

/** Everything that a store needs. */
export interface SecretStoreContext {
  readonly queryRunner: QueryRunner;
  readonly users: UsersTable;
  readonly limits: Omit<BatchLimits, 'beforeBatch'>;
  /** Throws once the run has to stop. */
  readonly assertGoing: () => void;
}
