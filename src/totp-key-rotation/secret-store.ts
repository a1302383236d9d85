import type { QueryRunner } from 'typeorm';
import type { LocalSettings } from '../database/short-transaction.js';
import { inTransaction } from '../database/short-transaction.js';
import type { SqlFragment } from '../database/sql-statement.js';
import { queryUnlogged } from '../database/unlogged-query.js';
import { AdaptiveBatchSize } from '../database/walk/adaptive-batch-size.js';
import type { BatchLimits } from '../database/walk/batch-limits.js';
import { batchMode, lookingMode } from '../database/walk/batch-limits.js';
import { BatchRecovery } from '../database/walk/batch-recovery.js';
import type { SecretChange, StoredSecret } from './secret-statements.js';
import {
  BY_PRIMARY_KEY,
  pageOfSecrets,
  secretsOf,
  usersNotWritten,
  writeSecrets,
  writeUnheldSecrets,
} from './secret-statements.js';
import type { UsersTable } from './users-table.js';

/** A thousand tokens take some 10 ms to renew and as long to write. */
const BATCH = { initial: 1_000, max: 2_000 } as const;

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
  writeAndReadOn(changes: readonly SecretChange[], after: string): Promise<WrittenAndRead>;
}

/** What was not written, and what comes next. */
export interface WrittenAndRead {
  readonly missed: readonly string[];
  readonly page: SecretPage;
}

/** What a store stands on. */
export interface SecretStoreContext {
  readonly queryRunner: QueryRunner;
  readonly users: UsersTable;
  readonly limits: Omit<BatchLimits, 'checkpoint'>;
  /** Throws once the run has to stop. */
  readonly assertGoing: () => void;
}

/** Works in a transaction that somebody else began and ends; whatever fails ends it. */
export class SecretStoreInTransaction implements SecretStore {
  public constructor(private readonly context: SecretStoreContext) {}

  public async page(after: string | undefined): Promise<SecretPage> {
    return pageOf(await this.ask(pageOfSecrets(this.context.users, { after, size: BATCH.initial })));
  }

  public async of(userIds: readonly string[]): Promise<readonly StoredSecret[]> {
    return secretsIn(await this.ask(secretsOf(this.context.users, userIds)));
  }

  public async write(changes: readonly SecretChange[]): Promise<readonly string[]> {
    const { queryRunner, users } = this.context;
    return writeBatch(queryRunner, { users, changes, isCautious: false });
  }

  public async writeAndReadOn(changes: readonly SecretChange[], after: string): Promise<WrittenAndRead> {
    const missed = await this.write(changes);
    return { missed, page: await this.page(after) };
  }

  private async ask(statement: SqlFragment): Promise<Rows> {
    return (await queryUnlogged(this.context.queryRunner, statement)).rows;
  }
}

/** Works in transactions of its own, each committed at once; what may pass is tried again, and rows that somebody holds are passed over. */
export class RollingSecretStore implements SecretStore {
  private readonly size: AdaptiveBatchSize;
  private readonly recovery: BatchRecovery;

  public constructor(private readonly context: SecretStoreContext) {
    this.size = new AdaptiveBatchSize(BATCH, context.limits.targetBatchMs);
    this.recovery = new BatchRecovery(this.size);
  }

  public async page(after: string | undefined): Promise<SecretPage> {
    const { queryRunner, limits } = this.context;
    return this.persistently(() => inTransaction(queryRunner, readingMode(limits), () => this.readPage(after)));
  }

  public async of(userIds: readonly string[]): Promise<readonly StoredSecret[]> {
    return this.persistently(async () => secretsIn(await this.ask(secretsOf(this.context.users, userIds))));
  }

  public async write(changes: readonly SecretChange[]): Promise<readonly string[]> {
    const missed: string[] = [];
    for (let start = 0; start < changes.length;) {
      const batch = await this.persistently(() => this.writeFrom(changes.slice(start), async () => undefined));
      missed.push(...batch.missed);
      start += batch.length;
    }
    return missed;
  }

  /** The next page is read in the transaction that writes the last batch, which saves two of six messages. */
  public async writeAndReadOn(changes: readonly SecretChange[], after: string): Promise<WrittenAndRead> {
    const last = Math.max(0, changes.length - this.size.current);
    const missed = [...(await this.write(changes.slice(0, last)))];
    for (let start = last; start < changes.length;) {
      const batch = await this.persistently(() => this.writeFrom(changes.slice(start), () => this.readPage(after)));
      missed.push(...batch.missed);
      start += batch.length;
      if (start >= changes.length) {
        return { missed, page: batch.also };
      }
    }
    return { missed, page: await this.page(after) };
  }

  /**
   * Writes as many as a batch takes, and does something else in its transaction. The commit need not wait for the disk: until the run is recorded,
   * which waits and takes all earlier ones along, nothing is said of the previous keys, and they open whatever a crash brings back.
   */
  private async writeFrom<Also>(
    changes: readonly SecretChange[],
    also: () => Promise<Also>,
  ): Promise<{ readonly length: number; readonly missed: readonly string[]; readonly also: Also }> {
    const { queryRunner, users, limits } = this.context;
    const { isCautious } = this.recovery;
    const batch = changes.slice(0, this.size.current);
    const mode = batchMode(limits, isCautious, { ...BY_PRIMARY_KEY, synchronous_commit: 'off' });
    return inTransaction(queryRunner, mode, async () => {
      const startedAt = performance.now();
      const missed = await writeBatch(queryRunner, { users, changes: batch, isCautious });
      this.size.learn(performance.now() - startedAt);
      return { length: batch.length, missed, also: await also() };
    });
  }

  private async readPage(after: string | undefined): Promise<SecretPage> {
    const { queryRunner, users } = this.context;
    return pageOf((await queryUnlogged(queryRunner, pageOfSecrets(users, { after, size: this.size.current }))).rows);
  }

  private async ask(statement: SqlFragment): Promise<Rows> {
    const { queryRunner, limits } = this.context;
    const mode = readingMode(limits);
    return inTransaction(queryRunner, mode, async () => (await queryUnlogged(queryRunner, statement)).rows);
  }

  private async persistently<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        const result = await attempt();
        this.recovery.succeeded();
        return result;
      } catch (error) {
        this.context.assertGoing();
        await this.recovery.recover(error);
      }
    }
  }
}

/** How a transaction is opened that only reads secrets. */
export function readingMode(limits: SecretStoreContext['limits']): ReturnType<typeof lookingMode> {
  const mode = lookingMode(limits);
  return { ...mode, settings: { ...mode.settings, ...BY_PRIMARY_KEY } };
}

/** The settings of the one transaction in which all secrets are written. */
export function atomicSettings({ lockTimeoutMs, statementTimeoutMs }: SecretStoreContext['limits']): LocalSettings {
  return { lock_timeout: lockTimeoutMs, statement_timeout: statementTimeoutMs, ...BY_PRIMARY_KEY };
}

interface WriteBatch {
  readonly users: UsersTable;
  readonly changes: readonly SecretChange[];
  readonly isCautious: boolean;
}

async function writeBatch(
  queryRunner: QueryRunner,
  { users, changes, isCautious }: WriteBatch,
): Promise<readonly string[]> {
  if (changes.length === 0) {
    return [];
  }
  const write = isCautious ? writeUnheldSecrets : writeSecrets;
  const { rowCount } = await queryUnlogged(queryRunner, write(users, changes));
  if (rowCount === changes.length) {
    return [];
  }
  const { rows } = await queryUnlogged(queryRunner, usersNotWritten(users, changes));
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
