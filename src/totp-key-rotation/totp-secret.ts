/** RFC 4648; 16 characters are 80 bits, the fewest that authenticators use. */
const BASE32 = /^[A-Za-z2-7]{16,}={0,6}$/;
/** What every Fernet token begins with until the year 2106: a truncated one must not pass for base32. */
const TOKEN_START = 'gAAAAA';

/** True for what looks like a TOTP secret that was never encrypted: base32 text of 16 characters or more. */
export function isPlaintextSecret(stored: string): boolean {
  return BASE32.test(stored) && !stored.startsWith(TOKEN_START);
}
