import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import type { FernetKey } from './fernet-key.js';
import { FERNET, signedToken } from './fernet-token.js';

/*
 * Many tokens through one cipher: setting one up takes 4 of the 9 microseconds that a small token costs. In CBC each block is chained to
 * the one before it, wherever that stands, so the IV and the ciphertext of a token, fed as they lie in it, decrypt to a block of noise and
 * the plaintext, whatever was fed before them.
 */

const CIPHER = 'aes-128-cbc';
const { blockBytes: BLOCK } = FERNET;
const NO_IV = Buffer.alloc(BLOCK);

/** Decrypts tokens that the key is known to have signed; undefined where the padding is wrong. */
export function decryptSigned(key: FernetKey, tokens: readonly Buffer[]): readonly (Buffer | undefined)[] {
  const decipher = createDecipheriv(CIPHER, key.encryption, NO_IV).setAutoPadding(false);
  const parts = tokens.map((bytes) => bytes.subarray(FERNET.ivAt, bytes.length - FERNET.macBytes));
  const opened = decipher.update(Buffer.concat(parts));
  let end = 0;
  return parts.map(({ length }) => {
    const start = end + BLOCK;
    end += length;
    return withoutPadding(opened.subarray(start, end));
  });
}

/**
 * Encrypts and signs plaintexts, each with the eight bytes of its time as they stand in a token, and each token under an IV of its own: the
 * encryption of a random block, which nobody can foresee (NIST SP 800-38A, appendix C).
 *
 * @throws {MaintenanceError} `TOTP_SELF_CHECK` when what was encrypted does not decrypt to what it was
 */
export function encryptAll(
  key: FernetKey,
  drafts: readonly { readonly plaintext: Buffer; readonly time: Buffer }[],
): readonly string[] {
  const plain = padAll(drafts.map(({ plaintext }) => plaintext));
  const encrypted = createCipheriv(CIPHER, key.encryption, NO_IV).setAutoPadding(false).update(plain);
  assertReadable(key, encrypted, plain);
  let end = 0;
  return drafts.map(({ plaintext, time }) => {
    const start = end;
    end += paddedLength(plaintext);
    const token = Buffer.allocUnsafe(FERNET.ivAt + end - start + FERNET.macBytes);
    token[0] = FERNET.version;
    time.copy(token, FERNET.timeAt);
    encrypted.copy(token, FERNET.ivAt, start, end);
    return signedToken(key, token);
  });
}

/** Whatever goes wrong between here and the disk, no secret may be lost by it. */
function assertReadable(key: FernetKey, encrypted: Buffer, plain: Buffer): void {
  const decrypted = createDecipheriv(CIPHER, key.encryption, NO_IV).setAutoPadding(false).update(encrypted);
  if (!decrypted.equals(plain)) {
    throw new MaintenanceError('TOTP_SELF_CHECK', 'A secret did not come out as it went in. It was not written');
  }
}

/** For each plaintext a random block, the plaintext, and PKCS #7 padding, one behind the other. */
function padAll(plaintexts: readonly Buffer[]): Buffer {
  const whole = Buffer.allocUnsafe(plaintexts.reduce((sum, plaintext) => sum + paddedLength(plaintext), 0));
  const random = randomFillSync(Buffer.allocUnsafe(plaintexts.length * BLOCK));
  let start = 0;
  plaintexts.forEach((plaintext, index) => {
    const end = start + paddedLength(plaintext);
    random.copy(whole, start, index * BLOCK, (index + 1) * BLOCK);
    plaintext.copy(whole, start + BLOCK);
    const from = start + BLOCK + plaintext.length;
    whole.fill(end - from, from, end);
    start = end;
  });
  return whole;
}

/** With the random block. */
function paddedLength({ length }: Buffer): number {
  return 2 * BLOCK + length - (length % BLOCK);
}

function withoutPadding(block: Buffer): Buffer | undefined {
  const padding = block[block.length - 1] ?? 0;
  if (padding < 1 || padding > BLOCK) {
    return undefined;
  }
  for (let at = block.length - padding; at < block.length; at += 1) {
    if (block[at] !== padding) {
      return undefined;
    }
  }
  return block.subarray(0, block.length - padding);
}
