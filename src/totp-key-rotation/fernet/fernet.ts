import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { FernetKey } from './fernet-key.js';
import { FERNET, fernetBytes, isSignedBy, signedToken } from './fernet-token.js';

/*
 * Fernet by its specification (https://github.com/fernet/spec), byte-compatible with Python's `cryptography`, on node:crypto alone: the npm
 * packages for it stand on crypto-js, which is discontinued, or have been without maintenance for years.
 */

const CIPHER = 'aes-128-cbc';
/** How far a token's time may lie ahead of the clock, by the specification. */
const MAX_CLOCK_SKEW_SECONDS = 60n;

/** What a token holds. */
export interface FernetContent {
  readonly plaintext: Buffer;
  /** When the token says it was made, in seconds since 1970. */
  readonly timestamp: bigint;
}

/** What a new token is made with. */
export interface FernetStamp {
  /** Seconds since 1970. */
  readonly timestamp: bigint;
  /** 16 bytes. @default random ones, which is what anything but a test needs */
  readonly iv?: Buffer;
}

/** How old a token may be, where that matters; TOTP secrets do not age. */
export interface FernetAge {
  readonly ttlSeconds: bigint;
  /** Seconds since 1970. */
  readonly now: bigint;
}

/** Encrypts and signs. */
export function encryptFernet(key: FernetKey, plaintext: Buffer, { timestamp, iv }: FernetStamp): string {
  const vector = iv ?? randomBytes(FERNET.blockBytes);
  const cipher = createCipheriv(CIPHER, key.encryption, vector);
  const head = Buffer.alloc(FERNET.ivAt);
  head[0] = FERNET.version;
  head.writeBigUInt64BE(timestamp, FERNET.timeAt);
  const mac = Buffer.alloc(FERNET.macBytes);
  return signedToken(key, Buffer.concat([head, vector, cipher.update(plaintext), cipher.final(), mac]));
}

/** Opens a token; undefined when the key did not make it, it is damaged or no token at all, or it is older than it may be. */
export function openFernet(key: FernetKey, token: string, age?: FernetAge): FernetContent | undefined {
  const bytes = fernetBytes(token);
  if (bytes === undefined || !isSignedBy(key, bytes)) {
    return undefined;
  }
  const timestamp = bytes.readBigUInt64BE(FERNET.timeAt);
  const plaintext = isOfAge(timestamp, age) ? decrypt(key, bytes) : undefined;
  return plaintext === undefined ? undefined : { plaintext, timestamp };
}

function isOfAge(timestamp: bigint, age: FernetAge | undefined): boolean {
  return age === undefined || (timestamp + age.ttlSeconds >= age.now && timestamp <= age.now + MAX_CLOCK_SKEW_SECONDS);
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
