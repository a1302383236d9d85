import { describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { classifyAll, rotateAll, type RotationWalkContext } from '../../src/totp-key-rotation/rotation-walk.js';
import type { SecretStore } from '../../src/totp-key-rotation/secrets/secret-store.js';
import { TotpKeyring } from '../../src/totp-key-rotation/totp-keyring.js';
import { TotpRotationTally } from '../../src/totp-key-rotation/totp-rotation-tally.js';
import { verifySecrets } from '../../src/totp-key-rotation/verification.js';

const keyring = new TotpKeyring([FernetKey.parse(FernetKey.generate())]);
const page = { secrets: [], lastUserId: '7' };

/** Every page of it is the first one, as where a key is cut before it is compared. */
class StuckStore implements SecretStore {
  public readonly keptUsers = new Set<string>();
  public pages = 0;

  public async page(): Promise<typeof page> {
    this.pages += 1;
    if (this.pages > 10) {
      throw new Error('it goes on for ever');
    }
    return page;
  }

  public async of(): Promise<[]> {
    return [];
  }

  public async write(): Promise<[]> {
    return [];
  }

  public async writeAndReadOn(): ReturnType<SecretStore['writeAndReadOn']> {
    return { missed: [], page: await this.page() };
  }
}

function walkOver(store: SecretStore): RotationWalkContext {
  return {
    store,
    classification: { keyring, encryptPlaintext: false, maxSecretLength: null },
    tally: new TotpRotationTally(),
    beforeBatch: async () => undefined,
    onBatch: () => undefined,
  };
}

describe('a page of users that ends where the one before it ended', () => {
  it.each<[string, (store: SecretStore) => Promise<unknown>]>([
    ['a rotation', (store) => rotateAll(walkOver(store))],
    ['a dry run', (store) => classifyAll(walkOver(store))],
    [
      'a verification',
      (store) => verifySecrets({ store, keyring, beforeBatch: async () => undefined, onPage: () => undefined }),
    ],
  ])('ends %s', async (_what, walk) => {
    await expect(walk(new StuckStore())).rejects.toMatchObject({
      code: 'PAGE_NOT_ADVANCING',
      message: expect.stringContaining('users after the key 7'),
    });
  });
});
