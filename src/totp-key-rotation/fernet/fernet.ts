import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { FernetKey } from './fernet-key.js';
import { FERNET, fernetReadings, isSignedBy, signedToken } from './fernet-token.js';

/*
 * Fernet by its specification (https://github.com/fernet/spec), byte-compatible with Python's `cryptography`, on node:crypto alone: the npm
 * packages for it depend on crypto-js, which is discontinued, or have been without maintenance for years.
 */

const CIPHER = 'aes-128-cbc';
/** How far a token's time may lie ahead of the clock, by the specification. */
const MAX_CLOCK_SKEW_SECONDS = 60n;

/**
 * Encrypts and signs.
 *
 * @param stamp the time in seconds since 1970, and an IV of 16 bytes: random ones unless a test gives them
 */
export function encryptFernet(
  key: FernetKey,
  plaintext: Buffer,
  { timestamp, iv = randomBytes(FERNET.blockBytes) }: { readonly timestamp: bigint; readonly iv?: Buffer },
): string {
  const cipher = createCipheriv(CIPHER, key.encryption, iv);
  const head = Buffer.alloc(FERNET.ivAt);
  head[0] = FERNET.version;
  head.writeBigUInt64BE(timestamp, FERNET.timeAt);
  const mac = Buffer.alloc(FERNET.macBytes);
  return signedToken(key, Buffer.concat([head, iv, cipher.update(plaintext), cipher.final(), mac]));
}

/**
 * Opens a token, in whatever spelling Python opens it too; undefined when the key did not make it, it is damaged or no token at all, or it
 * is older than it may be. Times are in seconds since 1970.
 *
 * @param age how old a token may be, where that matters; TOTP secrets do not age
 */
export function openFernet(
  key: FernetKey,
  token: string,
  age?: { readonly ttlSeconds: bigint; readonly now: bigint },
): { readonly plaintext: Buffer; readonly timestamp: bigint } | undefined {
  const bytes = fernetReadings(token).find((reading) => isSignedBy(key, reading));
  if (bytes === undefined) {
    return undefined;
  }
  const timestamp = bytes.readBigUInt64BE(FERNET.timeAt);
  const isOfAge =
    age === undefined || (timestamp + age.ttlSeconds >= age.now && timestamp <= age.now + MAX_CLOCK_SKEW_SECONDS);
  const plaintext = isOfAge ? decrypt(key, bytes) : undefined;
  return plaintext === undefined ? undefined : { plaintext, timestamp };
}

/** Undefined when the padding is wrong: whoever signed it did not make it by the specification. */
function decrypt(key: FernetKey, bytes: Buffer): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, key.encryption, bytes.subarray(FERNET.ivAt, FERNET.ciphertextAt));
  try {
    const ciphertext = bytes.subarray(FERNET.ciphertextAt, bytes.length - FERNET.macBytes);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  } catch {
    return undefined;
  }
}
