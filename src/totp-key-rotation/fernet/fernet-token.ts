import { createHmac, timingSafeEqual } from 'node:crypto';
import type { FernetKey } from './fernet-key.js';
import { pythonBase64 } from './python-base64.js';

/** The layout of a token, by the Fernet specification: version, time, IV, ciphertext, MAC. */
export const FERNET = { version: 0x80, timeAt: 1, ivAt: 9, ciphertextAt: 25, macBytes: 32, blockBytes: 16 } as const;

const SHORTEST = FERNET.ciphertextAt + FERNET.blockBytes + FERNET.macBytes;
/** What is written so, as nearly all is, has one reading, which needs no look at each character. */
const BASE64_URL = /^[A-Za-z0-9_-]+={0,2}$/;

/**
 * Reads a token's bytes, as Python does: nothing when the text cannot be a token, whatever the key; mostly one reading, and two where
 * Pythons differ, of which a signature picks the one that is meant.
 */
export function fernetReadings(token: string): readonly Buffer[] {
  const isPlain = token.length % 4 === 0 && BASE64_URL.test(token);
  return (isPlain ? [Buffer.from(token, 'base64url')] : pythonBase64(token)).filter(isFernet);
}

function isFernet(bytes: Buffer): boolean {
  const isWhole = bytes.length >= SHORTEST && (bytes.length - SHORTEST) % FERNET.blockBytes === 0;
  return isWhole && bytes[0] === FERNET.version;
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
