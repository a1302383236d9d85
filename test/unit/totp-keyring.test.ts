import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FernetKey } from '../../src/totp-key-rotation/fernet-key.js';
import { signedToken } from '../../src/totp-key-rotation/fernet-token.js';
import type { TotpJudgement } from '../../src/totp-key-rotation/totp-keyring.js';
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
  const token = (key: string): string => tokenOf(key, secretOf(number), timestamp);
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
      return secretOf(number);
    case 'cut':
      return token(FIRST).slice(0, 4 * (number % 34));
    case 'damaged':
      return `${token(SECOND).slice(0, 60)}${number % 2 === 0 ? 'AAAA' : '!!!!'}${token(SECOND).slice(64)}`;
    default:
      return `not a secret, ${number}`;
  }
}

/** A judgement with the renewed token opened. */
function readable(judgement: TotpJudgement): object {
  return 'renewed' in judgement ? { kind: judgement.kind, ...opened(FIRST, judgement.renewed) } : judgement;
}

function expected({ kind, number, timestamp }: { kind: string; number: number; timestamp: number }): object {
  return kind === 'second' || kind === 'third'
    ? { kind: 'previous', secret: secretOf(number), timestamp }
    : { kind: KINDS[kind] ?? 'undecryptable' };
}

describe('the keyring', () => {
  it('judges any mixture of stored secrets, and renews those under other keys with secret and time kept', () => {
    fc.assert(
      fc.property(fc.array(anyStored, { maxLength: 40 }), (mixture) => {
        const judgements = keyring.judge(mixture.map(({ stored }) => stored));
        expect(judgements).toHaveLength(mixture.length);
        expect(judgements.map(readable)).toEqual(mixture.map(expected));
      }),
    );
  });

  it('encrypts plain secrets under the first key, each under an IV of its own', () => {
    const tokens = keyring.encrypt([secretOf(1), secretOf(1), secretOf(2)]);
    expect(tokens.map((token) => opened(FIRST, token)?.secret)).toEqual([secretOf(1), secretOf(1), secretOf(2)]);
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  it('takes a token that was signed but not padded by the specification for undecryptable', () => {
    const token = Buffer.from(tokenOf(SECOND, secretOf(1)), 'base64url');
    // In CBC this turns over the bits of the last byte of the padding.
    token[56] = (token[56] ?? 0) ^ 0xff;
    const forged = signedToken(FernetKey.parse(SECOND), token);
    const judged = keyring.judge([forged, tokenOf(SECOND, secretOf(2))]);
    expect(judged.map(({ kind }) => kind)).toEqual(['undecryptable', 'previous']);
  });

  it.each([
    ['base32 of 16 characters', 'ABCDEFGHIJKLMNOP', 'plaintext'],
    ['base32 in small letters', 'abcdefghijklmnop', 'plaintext'],
    ['padded base32', 'ABCDEFGHIJKLMNOPQR======', 'plaintext'],
    ['base32 of 15 characters', 'ABCDEFGHIJKLMNO', 'undecryptable'],
    ['letters that base32 lacks', 'ABCDEFGHIJKLMNO1', 'undecryptable'],
    ['the beginning of a token', 'gAAAAABabcdefghijkl', 'undecryptable'],
  ])('takes %s for %s', (_, stored, kind) => {
    expect(keyring.judge([stored])).toEqual([{ kind }]);
  });

  it('needs a key', () => {
    expect(() => new TotpKeyring([])).toThrow(RangeError);
  });
});
