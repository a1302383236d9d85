import { createHash } from 'node:crypto';
import { encryptFernet, openFernet } from '../../src/totp-key-rotation/fernet/fernet.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A TOTP secret of 32 base32 characters, another one for each number. */
export function secretOf(number: number): string {
  const bytes = createHash('sha256').update(`totp secret ${number}`).digest();
  return [...bytes].map((byte) => BASE32[byte & 31]).join('');
}

/** A Fernet token as a host stores it, made at `timestamp`, in seconds since 1970. */
export function tokenOf(key: string, secret: string, timestamp = 1_700_000_000): string {
  return encryptFernet(FernetKey.parse(key), Buffer.from(secret), { timestamp: BigInt(timestamp) });
}

/** What a token holds and when it was made, in seconds since 1970; undefined when the key does not open it. */
export function opened(
  key: string,
  token: string,
): { readonly secret: string; readonly timestamp: number } | undefined {
  const content = openFernet(FernetKey.parse(key), token);
  return content && { secret: content.plaintext.toString(), timestamp: Number(content.timestamp) };
}
