import type { QueryRunner } from 'typeorm';
import type { BatchLimits } from '../../batches/batch-limits.js';
import type { SecretChange, StoredSecret } from './secret-statements.js';
import type { UsersTable } from './users-table.js';

/** The secrets of some users. */
export interface SecretPage {
  readonly secrets: readonly StoredSecret[];
  /** The last user that was looked at; undefined when there was none left. */
  readonly lastUserId: string | undefined;
}

/** Reads and writes secrets, a batch at a time. */
export interface SecretStore {
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
