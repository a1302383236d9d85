import { describe, expect, it } from '@jest/globals';
import { MaintenanceConfigError, TotpCipher, TotpDecryptionError } from '../../src/index.js';
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
