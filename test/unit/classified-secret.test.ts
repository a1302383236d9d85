import { describe, expect, it } from '@jest/globals';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { changesOf, classifySecrets } from '../../src/totp-key-rotation/classified-secret.js';
import { TotpKeyring } from '../../src/totp-key-rotation/totp-keyring.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';

const [NEW, OLD] = [FernetKey.generate(), FernetKey.generate()];
const keyring = new TotpKeyring([NEW, OLD].map((key) => FernetKey.parse(key)));
const TOKEN_LENGTH = tokenOf(NEW, secretOf(1)).length;

describe('what is to become of stored secrets', () => {
  it.each([
    [true, null, 'plaintext'],
    [true, TOKEN_LENGTH, 'plaintext'],
    [true, TOKEN_LENGTH - 1, 'left-plaintext'],
    [false, null, 'left-plaintext'],
  ] as const)(
    'that are plain, with encryptPlaintext %p and room for %p characters: %s',
    async (encryptPlaintext, maxSecretLength, kind) => {
      const classified = await classifySecrets([{ userId: '7', secret: secretOf(1) }], {
        keyring,
        encryptPlaintext,
        maxSecretLength,
      });
      expect(classified).toMatchObject([{ userId: '7', secret: secretOf(1), kind }]);
      const written = changesOf(classified).map(({ reencrypted }) => opened(NEW, reencrypted)?.secret);
      expect(written).toEqual(kind === 'plaintext' ? [secretOf(1)] : []);
    },
  );

  it('is told of each, in their order, however many there are', async () => {
    const secrets = Array.from({ length: 100 }, (_, index) => ({
      userId: String(index),
      secret: tokenOf(index % 3 === 0 ? NEW : OLD, secretOf(index)),
    }));
    const classified = await classifySecrets(secrets, { keyring, encryptPlaintext: false, maxSecretLength: null });
    expect(classified.map(({ userId, kind }) => [userId, kind])).toEqual(
      secrets.map(({ userId }, index) => [userId, index % 3 === 0 ? 'current' : 'previous']),
    );
  });
});
