import { BATCH, readPage, readSecrets, writeBatch } from './secret-rows.js';
import type { SecretChange, StoredSecret } from './secret-statements.js';
import type { SecretPage, SecretStore, SecretStoreContext } from './secret-store.js';

/** Works in a transaction that somebody else began and ends; whatever fails ends it. */
export class SecretStoreInTransaction implements SecretStore {
  public readonly keptUsers = new Set<string>();

  public constructor(private readonly context: SecretStoreContext) {}

  public async page(after: string | undefined): Promise<SecretPage> {
    const { queryRunner, users } = this.context;
    return readPage(queryRunner, users, after, BATCH.initial);
  }

  public async of(userIds: readonly string[]): Promise<readonly StoredSecret[]> {
    const { queryRunner, users } = this.context;
    return readSecrets(queryRunner, users, userIds);
  }

  public async write(changes: readonly SecretChange[]): Promise<readonly string[]> {
    const { queryRunner, users } = this.context;
    return writeBatch(queryRunner, users, changes, { isCautious: false, keptUsers: this.keptUsers });
  }

  public async writeAndReadOn(
    changes: readonly SecretChange[],
    after: string,
  ): ReturnType<SecretStore['writeAndReadOn']> {
    const missed = await this.write(changes);
    return { missed, page: await this.page(after) };
  }
}
