import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encryptFernet, openFernet } from '../../src/totp-key-rotation/fernet/fernet.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';

interface Vector {
  readonly token: string;
  readonly now: string;
  readonly secret: string;
}

/** The vectors of the Fernet specification, https://github.com/fernet/spec. */
const vectors: {
  readonly generate: readonly (Vector & { readonly iv: readonly number[]; readonly src: string })[];
  readonly verify: readonly (Vector & { readonly ttl_sec: number; readonly src: string })[];
  readonly invalid: readonly (Vector & { readonly ttl_sec: number; readonly desc: string })[];
} = JSON.parse(readFileSync(new URL('../support/fernet-vectors.json', import.meta.url), 'utf8'));

const seconds = (time: string): bigint => BigInt(Date.parse(time) / 1000);
const anyKey = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => keyOf(bytes));
const anyPlaintext = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));

function keyOf(bytes: Uint8Array): FernetKey {
  return FernetKey.parse(`${Buffer.from(bytes).toString('base64url')}=`);
}

describe('Fernet', () => {
  it.each(vectors.generate)('makes the token of the specification for "$src"', ({ token, now, iv, src, secret }) => {
    const stamp = { timestamp: seconds(now), iv: Buffer.from(iv) };
    expect(encryptFernet(FernetKey.parse(secret), Buffer.from(src), stamp)).toBe(token);
  });

  it.each(vectors.verify)('opens the token of the specification for "$src"', ({ token, now, ttl_sec, src, secret }) => {
    const age = { ttlSeconds: BigInt(ttl_sec), now: seconds(now) };
    expect(openFernet(FernetKey.parse(secret), token, age)?.plaintext.toString()).toBe(src);
  });

  it.each(vectors.invalid)('refuses a token with: $desc', ({ token, now, ttl_sec, secret }) => {
    const age = { ttlSeconds: BigInt(ttl_sec), now: seconds(now) };
    expect(openFernet(FernetKey.parse(secret), token, age)).toBeUndefined();
  });

  it.each([
    [100n, 110n, true],
    [99n, 110n, false],
    [170n, 110n, true],
    [171n, 110n, false],
  ])('opens a token of second %d at second %d with 10 seconds to live: %p', (timestamp, now, isOpened) => {
    const key = FernetKey.parse(FernetKey.generate());
    const token = encryptFernet(key, Buffer.from('plain'), { timestamp });
    expect(openFernet(key, token, { ttlSeconds: 10n, now }) !== undefined).toBe(isOpened);
  });

  it('opens what it made, with the time it was made, and gives no two tokens the same IV', () => {
    fc.assert(
      fc.property(anyKey, anyPlaintext, fc.bigInt({ min: 0n, max: 2n ** 63n }), (key, plaintext, timestamp) => {
        const token = encryptFernet(key, plaintext, { timestamp });
        expect(openFernet(key, token)).toEqual({ plaintext, timestamp });
        expect(encryptFernet(key, plaintext, { timestamp })).not.toBe(token);
      }),
    );
  });

  it('refuses a token of another key, and one with any bit turned over', () => {
    fc.assert(
      fc.property(anyKey, anyKey, anyPlaintext, fc.nat(), (key, other, plaintext, position) => {
        fc.pre(key.fingerprint !== other.fingerprint);
        const token = encryptFernet(key, plaintext, { timestamp: 1n });
        expect(openFernet(other, token)).toBeUndefined();
        const bytes = Buffer.from(token, 'base64url');
        const bit = position % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(openFernet(key, bytes.toString('base64url').padEnd(token.length, '='))).toBeUndefined();
      }),
    );
  });
});

describe('a Fernet key', () => {
  it('is 44 characters of URL-safe base64 and is never the same twice', () => {
    const keys = Array.from({ length: 50 }, () => FernetKey.generate());
    expect(new Set(keys).size).toBe(50);
    keys.forEach((key) => expect(key).toMatch(/^[A-Za-z0-9_-]{43}=$/));
  });

  it('shows nothing of itself when it is printed, logged or serialized', async () => {
    const { inspect } = await import('node:util');
    const text = FernetKey.generate();
    const key = FernetKey.parse(text);
    const bytes = Buffer.from(text, 'base64url');
    const shown = [inspect(key), JSON.stringify(key), inspect(key, { showHidden: true, depth: 9 }), key.fingerprint];
    for (const spelling of [text, bytes.toString('hex'), bytes.subarray(0, 8).toString('hex')]) {
      shown.forEach((said) => expect(said).not.toContain(spelling));
    }
  });

  it.each([
    '',
    'x',
    'A'.repeat(42),
    `${'A'.repeat(42)}=`,
    'A'.repeat(44),
    `${'A'.repeat(43)}=,${'B'.repeat(43)}=`,
    `"${'A'.repeat(43)}"`,
    `${'pass word '.repeat(5)}abc`,
  ])('is refused when it reads "%s", without being shown', (text) => {
    expect(FernetKey.isValid(text)).toBe(false);
    expect(() => FernetKey.parse(text)).toThrow(
      /^A TOTP key cannot be read, accepted is a Fernet key: 44 characters of base64$/,
    );
  });

  it('is the same key however it is spelled', () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const [text, other] = [`${bytes.toString('base64url')}=`, bytes.toString('base64')];
    expect(text).not.toBe(other);
    const spellings = [
      text,
      other,
      text.slice(0, -1),
      ` ${text}\r\n`,
      `"${text}"`,
      `\uFEFF${other}`,
      `\t${other.slice(0, -1)} `,
    ];
    spellings.forEach((spelling) => {
      expect(FernetKey.isValid(spelling)).toBe(true);
      expect(FernetKey.parse(spelling).fingerprint).toBe(FernetKey.parse(text).fingerprint);
    });
  });

  it('has a fingerprint that tells it from others', () => {
    const [one, other] = [FernetKey.generate(), FernetKey.generate()];
    expect(FernetKey.parse(one).fingerprint).toBe(FernetKey.parse(one).fingerprint);
    expect(FernetKey.parse(one).fingerprint).not.toBe(FernetKey.parse(other).fingerprint);
    expect(FernetKey.parse(one).fingerprint).toMatch(/^[0-9a-f]{32}$/);
  });
});
