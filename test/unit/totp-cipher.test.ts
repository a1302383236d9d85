import { describe, expect, it } from '@jest/globals';
import { MaintenanceConfigError, TenxyteUser, TotpCipher, TotpDecryptionError } from '../../src/index.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';

const [NEW, OLD, UNKNOWN] = [FernetKey.generate(), FernetKey.generate(), FernetKey.generate()];
const SECRET = secretOf(1);

describe('the TOTP cipher', () => {
  const cipher = TotpCipher.withKeys([NEW, OLD]);

  it('encrypts under the first key, with the present time', () => {
    const before = Math.floor(Date.now() / 1000);
    const content = opened(NEW, cipher.encrypt(SECRET));
    expect(content?.secret).toBe(SECRET);
    expect(content?.timestamp).toBeGreaterThanOrEqual(before);
    expect(content?.timestamp).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
  });

  it.each([
    ['first', NEW],
    ['second', OLD],
  ])('decrypts what the %s key encrypted', (_, key) => {
    expect(cipher.decrypt(tokenOf(key, SECRET))).toBe(SECRET);
  });

  it.each([
    ['of a key that is not listed', tokenOf(UNKNOWN, SECRET)],
    ['that was cut off', tokenOf(NEW, SECRET).slice(0, -4)],
    ['that is plain base32', SECRET],
    ['that is empty', ''],
  ])('refuses a secret %s, without showing it', (_, stored) => {
    const decrypt = (): string => cipher.decrypt(stored);
    expect(decrypt).toThrow(TotpDecryptionError);
    expect(decrypt).toThrow(/^None of the keys in totp\.keys opens this TOTP secret: [a-z ,-]+$/);
  });

  it('says which stored secrets are not under the first key', () => {
    expect(cipher.needsRotation(tokenOf(NEW, SECRET))).toBe(false);
    expect(cipher.needsRotation(tokenOf(OLD, SECRET))).toBe(true);
    expect(cipher.needsRotation(SECRET)).toBe(true);
  });

  it('has no secret to decrypt, and none to rotate, for a user without one', () => {
    expect(cipher.decrypt(null)).toBeNull();
    expect(cipher.needsRotation(null)).toBe(false);
    const secret: string = cipher.decrypt(tokenOf(NEW, SECRET));
    const none: null = cipher.decrypt(null);
    const either: string | null = cipher.decrypt(none ?? tokenOf(OLD, secret));
    expect(either).toBe(SECRET);
  });

  it('does not take a secret that was not selected for none', () => {
    const { totpSecret } = new TenxyteUser();
    for (const use of [() => cipher.decrypt(totpSecret), () => cipher.needsRotation(totpSecret)]) {
      expect(use).toThrow(expect.objectContaining({ code: 'TOTP_SECRET_NOT_READ' }));
      expect(use).toThrow('A TOTP secret is undefined: TenxyteUser.totpSecret was not selected');
    }
  });

  it.each([
    ['with a line feed', (token: string) => `${token}\n`],
    ['in the other alphabet', (token: string) => token.replaceAll('-', '+').replaceAll('_', '/')],
    ['in quotes', (token: string) => `"${token}"`],
  ])('opens a token %s, as Python does', (_, spell) => {
    for (let number = 0; number < 20; number += 1) {
      const stored = spell(tokenOf(OLD, SECRET, number));
      expect(cipher.decrypt(stored)).toBe(SECRET);
      expect(cipher.needsRotation(stored)).toBe(true);
      expect(cipher.needsRotation(spell(tokenOf(NEW, SECRET, number)))).toBe(false);
    }
  });

  it('passes over keys of environment variables that are not set', () => {
    expect(TotpCipher.withKeys([NEW, undefined, '', OLD]).decrypt(tokenOf(OLD, SECRET))).toBe(SECRET);
    expect(() => TotpCipher.withKeys([undefined]).encrypt(SECRET)).toThrow('totp.keys is an empty list');
  });

  it.each([[[undefined, OLD]], [['', OLD]], [[' ', undefined, OLD]]])(
    'refuses a list of which the first key is missing: everything would come under the next',
    (keys) => {
      expect(() => TotpCipher.withKeys(keys)).toThrow(
        expect.objectContaining({
          code: 'TOTP_KEY',
          message: expect.stringMatching(/^The first TOTP key is missing, accepted is the key that encrypts/),
        }),
      );
    },
  );

  it('does nothing without keys, and says so', () => {
    const keyless = TotpCipher.withKeys([]);
    for (const use of [() => keyless.encrypt(SECRET), () => keyless.decrypt('x'), () => keyless.needsRotation('x')]) {
      expect(use).toThrow(MaintenanceConfigError);
      expect(use).toThrow(/^No TOTP keys are configured/);
      expect(use).toThrow('totp.keys is an empty list, accepted is at least one key');
    }
  });

  it('refuses a key that is none, without showing it', () => {
    expect(() => TotpCipher.withKeys([NEW, OLD.slice(1)])).toThrow(
      expect.objectContaining({ code: 'TOTP_KEY', message: expect.not.stringContaining(OLD.slice(1)) }),
    );
  });
});
