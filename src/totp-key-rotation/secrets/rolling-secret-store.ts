import { AdaptiveBatchSize } from '../../batches/adaptive-batch-size.js';
import { batchMode } from '../../batches/batch-limits.js';
import { BatchRetry } from '../../batches/batch-retry.js';
import { isLeaseOver } from '../../batches/fence.js';
import { inTransaction, readOnlyMode } from '../../database/short-transaction.js';
import { BATCH, readPage, readSecrets, writeBatch } from './secret-rows.js';
import { BY_PRIMARY_KEY, type SecretChange, type StoredSecret } from './secret-statements.js';
import type { SecretPage, SecretStore, SecretStoreContext } from './secret-store.js';

/** Works in transactions of its own, each committed at once; what may pass is tried again, and locked rows are skipped. */
export class RollingSecretStore implements SecretStore {
  public readonly keptUsers = new Set<string>();
  private readonly size: AdaptiveBatchSize;
  private readonly recovery: BatchRetry;

  public constructor(private readonly context: SecretStoreContext) {
    this.size = new AdaptiveBatchSize(BATCH, context.limits.targetBatchMs);
    this.recovery = new BatchRetry(this.size);
  }

  public async page(after: string | undefined): Promise<SecretPage> {
    const { queryRunner, limits } = this.context;
    return this.persistently(() =>
      inTransaction(queryRunner, readOnlyMode(limits, BY_PRIMARY_KEY), () => this.readPage(after)),
    );
  }

  public async of(userIds: readonly string[]): Promise<readonly StoredSecret[]> {
    const { queryRunner, users, limits } = this.context;
    return this.persistently(() =>
      inTransaction(queryRunner, readOnlyMode(limits, BY_PRIMARY_KEY), () => readSecrets(queryRunner, users, userIds)),
    );
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
  public async writeAndReadOn(
    changes: readonly SecretChange[],
    after: string,
  ): ReturnType<SecretStore['writeAndReadOn']> {
    if (this.context.users.isActedOn) {
      return { missed: await this.write(changes), page: await this.page(after) };
    }
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
   * Writes as many as a batch takes, and does something else in its transaction. The commit need not wait for the disk: until the run is
   * recorded, which waits and takes all earlier ones along, nothing is said of the previous keys, and they open whatever a crash brings
   * back.
   */
  private async writeFrom<Also>(
    changes: readonly SecretChange[],
    also: () => Promise<Also>,
  ): Promise<{ readonly length: number; readonly missed: readonly string[]; readonly also: Also }> {
    const { queryRunner, users, limits } = this.context;
    const { isCautious } = this.recovery;
    const batch = changes.slice(0, this.size.current);
    const settings = users.isActedOn ? {} : { ...BY_PRIMARY_KEY, synchronous_commit: 'off' };
    const mode = batchMode(limits, isCautious, settings);
    return inTransaction(queryRunner, mode, async () => {
      const startedAt = performance.now();
      const missed = await writeBatch(queryRunner, users, batch, { isCautious, keptUsers: this.keptUsers });
      this.size.learn(performance.now() - startedAt);
      return { length: batch.length, missed, also: await also() };
    });
  }

  private async readPage(after: string | undefined): Promise<SecretPage> {
    const { queryRunner, users } = this.context;
    return readPage(queryRunner, users, after, this.size.current);
  }

  private async persistently<Result>(attempt: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        const result = await attempt();
        this.recovery.succeeded();
        return result;
      } catch (error) {
        this.context.assertGoing();
        const { queryRunner, limits } = this.context;
        if (limits.fence !== undefined && isLeaseOver(error)) {
          await limits.fence.renew(queryRunner);
        } else {
          await this.recovery.recover(error);
        }
      }
    }
  }
}
