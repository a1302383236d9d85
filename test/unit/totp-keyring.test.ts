import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { signedToken } from '../../src/totp-key-rotation/fernet/fernet-token.js';
import type { TotpClassification } from '../../src/totp-key-rotation/totp-keyring.js';
import { TotpKeyring } from '../../src/totp-key-rotation/totp-keyring.js';
import { opened, secretOf, tokenOf } from '../support/totp-secrets.js';

const [FIRST, SECOND, THIRD, UNKNOWN] = Array.from({ length: 4 }, () => FernetKey.generate()) as [
  string,
  string,
  string,
  string,
];
const keyring = new TotpKeyring([FIRST, SECOND, THIRD].map((key) => FernetKey.parse(key)));

const KINDS: Readonly<Record<string, string>> = { first: 'current', plaintext: 'plaintext' };

/** Stored values of every kind, each with what the keyring is to take it for. */
const anyStored = fc
  .tuple(
    fc.constantFrom('first', 'second', 'third', 'unknown', 'plaintext', 'cut', 'damaged', 'text'),
    fc.nat(1_000),
    fc.nat(2_000_000_000),
  )
  .map(([kind, number, timestamp]) => ({ kind, number, timestamp, stored: storedAs(kind, number, timestamp) }));

function storedAs(kind: string, number: number, timestamp: number): string {
  const token = (key: string): string => tokenOf(key, anySecret(number), timestamp);
  switch (kind) {
    case 'first':
      return token(FIRST);
    case 'second':
      return token(SECOND);
    case 'third':
      return token(THIRD);
    case 'unknown':
      return token(UNKNOWN);
    case 'plaintext':
      return anySecret(number);
    case 'cut':
      return token(FIRST).slice(0, 4 * (number % 30));
    case 'damaged':
      return `${token(SECOND).slice(0, 60)}${number % 2 === 0 ? 'AAAA' : '!!!!'}${token(SECOND).slice(64)}`;
    default:
      return `not a secret, ${number}`;
  }
}

/** Some secret of 16 to 32 characters, so that every length of padding occurs. */
function anySecret(number: number): string {
  return secretOf(number).slice(number % 17);
}

/** A classification with the reencrypted token opened. */
function readable(classification: TotpClassification): object {
  return 'reencrypted' in classification
    ? { kind: classification.kind, ...opened(FIRST, classification.reencrypted) }
    : classification;
}

function expected({ kind, number, timestamp }: { kind: string; number: number; timestamp: number }): object {
  return kind === 'second' || kind === 'third'
    ? { kind: 'previous', secret: anySecret(number), timestamp }
    : { kind: KINDS[kind] ?? 'undecryptable' };
}

const TEXT = [...Buffer.from(secretOf(1).slice(0, 31))];

/** A token that the second key signed, whatever stands in it. */
function forgedToken({ padded, excess = 0, version = 0x80 }: { padded: number[]; excess?: number; version?: number }) {
  const key = FernetKey.parse(SECOND);
  const iv = Buffer.alloc(16, 5);
  const ciphertext = createCipheriv('aes-128-cbc', key.encryption, iv)
    .setAutoPadding(false)
    .update(Buffer.from(padded));
  const head = [Buffer.of(version), Buffer.alloc(8), iv];
  return signedToken(key, Buffer.concat([...head, ciphertext, Buffer.alloc(excess), Buffer.alloc(32)]));
}

function kindsOf(...stored: string[]): string[] {
  return keyring.classify(stored).map(({ kind }) => kind);
}

describe('the keyring', () => {
  it('judges any mixture of stored secrets, and renews those under other keys with secret and time kept', () => {
    fc.assert(
      fc.property(fc.array(anyStored, { maxLength: 40 }), (mixture) => {
        const classifications = keyring.classify(mixture.map(({ stored }) => stored));
        expect(classifications).toHaveLength(mixture.length);
        expect(classifications.map(readable)).toEqual(mixture.map(expected));
      }),
    );
  });

  it('encrypts plain secrets under the first key, each under an IV of its own', () => {
    const tokens = keyring.encrypt([secretOf(1), secretOf(1), secretOf(2)]);
    expect(tokens.map((token) => opened(FIRST, token)?.secret)).toEqual([secretOf(1), secretOf(1), secretOf(2)]);
    expect(tokens[0]).not.toBe(tokens[1]);
    const age = Date.now() / 1000 - (opened(FIRST, tokens[0] ?? '')?.timestamp ?? 0);
    expect(Math.abs(age)).toBeLessThan(60);
  });

  it.each([
    ['no padding', [...TEXT, 0]],
    ['padding of more than a block', [...TEXT.slice(1), ...Array<number>(17).fill(17)]],
    ['padding that says 2 and is 1', [...TEXT, 1, 2].slice(1)],
    ['padding of 255', [...TEXT, 255]],
  ])('takes a token that was signed with %s for undecryptable', (_, padded) => {
    expect(kindsOf(forgedToken({ padded }), tokenOf(SECOND, secretOf(2)))).toEqual(['undecryptable', 'previous']);
  });

  it.each([
    ['half a block', { excess: 8 }],
    ['another version', { version: 0x81 }],
  ])('takes a token that was signed with %s for undecryptable, and its neighbours for what they are', (_, odd) => {
    const padded = [...TEXT, 1];
    expect(kindsOf(forgedToken({ padded }), forgedToken({ padded, ...odd }), tokenOf(SECOND, secretOf(2)))).toEqual([
      'previous',
      'undecryptable',
      'previous',
    ]);
  });

  it.each<[string, (token: string) => string, string, string]>([
    ['without its padding', (token) => token.replace(/=+$/, ''), 'undecryptable', 'undecryptable'],
    ['with a digit too few', (token) => token.replace(/.(=*)$/, '$1'), 'undecryptable', 'undecryptable'],
    ['in the other alphabet', (token) => token.replaceAll('-', '+').replaceAll('_', '/'), 'current', 'previous'],
    ['with a line feed', (token) => `${token}\n`, 'current', 'previous'],
    [
      'with a separator of our own in it',
      (token) => `${token.slice(0, 9)}\u001F${token.slice(9)}`,
      'current',
      'previous',
    ],
    ['in quotes, behind a byte order mark', (token) => `\uFEFF"${token}"`, 'current', 'previous'],
    ['with a padding that is too long', (token) => `${token}==`, 'current', 'previous'],
    ['with more behind its padding, which older Pythons leave out', (token) => `${token}AAAA`, 'current', 'previous'],
    [
      'with a padding in the middle, which newer Pythons pass over',
      (token) => `${token.slice(0, 7)}=${token.slice(7)}`,
      'current',
      'previous',
    ],
  ])('takes a token %s for what Python takes it for', (_, spell, underFirst, underSecond) => {
    // Some of so many tokens have a character in them that only one of the alphabets has. Each ends in a padding.
    const spelled = (key: string): string[] =>
      Array.from({ length: 50 }, (_unused, number) => tokenOf(key, secretOf(number).slice(1), number))
        .map((token) => [token, spell(token)])
        .flatMap(([token = '', spelling = '']) => (spelling === token ? [] : [spelling]));
    expect(spelled(FIRST).length).toBeGreaterThan(0);
    expect(new Set(kindsOf(...spelled(FIRST)))).toEqual(new Set([underFirst]));
    expect(new Set(kindsOf(...spelled(SECOND)))).toEqual(new Set([underSecond]));
  });

  it('writes what it brings under the first key as Python writes it', () => {
    const stored = `\n${tokenOf(SECOND, secretOf(1)).replace('=', '\r\n=')} `;
    const [classification] = keyring.classify([stored]);
    const { reencrypted = '' } = classification as { reencrypted?: string };
    expect(reencrypted).toMatch(/^gAAAAA[A-Za-z0-9_-]+={0,2}$/);
    expect(opened(FIRST, reencrypted)).toEqual({ secret: secretOf(1), timestamp: 1_700_000_000 });
  });

  it('does not take a token for base32, though it may look like it', () => {
    // Read as base64, it begins with the version of a token and is as long as one.
    expect(kindsOf(`gAB${'C'.repeat(95)}==`, `gAB${'C'.repeat(94)}`)).toEqual(['undecryptable', 'plaintext']);
  });

  it('tells whose signature a stored secret bears', () => {
    const signers = ['first', 'third', 'second', 'unknown', 'plaintext', 'damaged', 'first'].map((kind) =>
      keyring.signerOf(storedAs(kind, 1, 1)),
    );
    expect(signers).toEqual(['first', 'another', 'another', 'none', 'plaintext', 'none', 'first']);
  });

  it.each([
    ['base32 of 16 characters', 'ABCDEFGHIJKLMNOP', 'plaintext'],
    ['base32 in small letters', 'abcdefghijklmnop', 'plaintext'],
    ['padded base32', 'ABCDEFGHIJKLMNOPQR======', 'plaintext'],
    ['base32 of 15 characters', 'ABCDEFGHIJKLMNO', 'undecryptable'],
    ['letters that base32 lacks', 'ABCDEFGHIJKLMNO1', 'undecryptable'],
    ['the beginning of a token', 'gAAAAABabcdefghijkl', 'undecryptable'],
  ])('takes %s for %s', (_, stored, kind) => {
    expect(keyring.classify([stored])).toEqual([{ kind }]);
  });

  it('needs a key', () => {
    expect(() => new TotpKeyring([])).toThrow(new RangeError('a keyring needs a key'));
  });
});
