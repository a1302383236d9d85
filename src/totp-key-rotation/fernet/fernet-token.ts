import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FernetKey } from './fernet-key.js';

/** The layout of a token, by the Fernet specification: version, time, IV, ciphertext, MAC. */
export const FERNET = { version: 0x80, timeAt: 1, ivAt: 9, ciphertextAt: 25, macBytes: 32, blockBytes: 16 } as const;

const SHORTEST = FERNET.ciphertextAt + FERNET.blockBytes + FERNET.macBytes;
const BASE64_URL = /^[A-Za-z0-9_-]+={0,2}$/;

/** Reads a token's bytes; undefined when the text cannot be a token, whatever the key. */
export function fernetBytes(token: string): Buffer | undefined {
  if (token.length % 4 !== 0 || !BASE64_URL.test(token)) {
    return undefined;
  }
  const bytes = Buffer.from(token, 'base64url');
  const isWhole = bytes.length >= SHORTEST && (bytes.length - SHORTEST) % FERNET.blockBytes === 0;
  return isWhole && bytes[0] === FERNET.version ? bytes : undefined;
}

/** Whether a key signed a token. Compared in constant time, and to be asked before anything is decrypted. */
export function isSignedBy(key: FernetKey, bytes: Buffer): boolean {
  return timingSafeEqual(Buffer.from(macOf(key, bytes), 'binary'), bytes.subarray(-FERNET.macBytes));
}

/** Signs what stands before the MAC and answers the whole token as text. */
export function signedToken(key: FernetKey, bytes: Buffer): string {
  bytes.write(macOf(key, bytes), bytes.length - FERNET.macBytes, 'binary');
  const text = bytes.toString('base64url');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** As text of a character a byte: a digest that comes as a buffer of its own takes a third longer. */
function macOf({ signing }: FernetKey, bytes: Buffer): string {
  return createHmac('sha256', signing).update(bytes.subarray(0, -FERNET.macBytes)).digest('binary');
}
