import { describe, expect, it } from '@jest/globals';
import { openFernet } from '../../src/totp-key-rotation/fernet/fernet.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { pythonBase64 } from '../../src/totp-key-rotation/fernet/python-base64.js';
import { TotpKeyring } from '../../src/totp-key-rotation/totp-keyring.js';
import { decidedByPython, pythonWithFernet } from '../support/python-fernet/python-fernet.js';
import {
  byKind,
  digestOf,
  questions,
  readDecisions,
  type RecordedDecisions,
} from '../support/python-fernet/recorded-decisions.js';
import { type SpoiltKey, spoiltKeys } from '../support/python-fernet/spoilt-keys.js';
import { SPOILT_TOKEN_KEYS, spoiltTokens } from '../support/python-fernet/spoilt-tokens.js';

const recorded = readDecisions();
const python = pythonWithFernet();
const keys = SPOILT_TOKEN_KEYS.slice(0, 2).map((key) => FernetKey.parse(key));

/** So many are told of. */
const SHOWN = 10;

/** Where Pythons differ: what follows a padding is left out by older ones and read by newer ones. */
const DIGITS_AFTER_PADDING = /=[^]*[A-Za-z0-9+/_-]/;
const WITHOUT_PADDING = /^\s*[A-Za-z0-9+/_-]{43}\s*$/;

/** The key of the list that opens a token, from 1; 0 when none does. */
function opener(token: string): string {
  return String(keys.findIndex((key) => openFernet(key, token) !== undefined) + 1);
}

/** By the two other ways to a token's key: what a rotation makes of it, and whose signature its verification sees. */
function takenFor(token: string): { readonly kind: string; readonly signer: string } {
  const keyring = new TotpKeyring(keys);
  const [classification] = keyring.classify([token]);
  return { kind: classification?.kind ?? 'none', signer: keyring.signerOf(token) };
}

const KINDS = [['undecryptable', 'plaintext'], ['current'], ['previous']];

/** What we open that Python does not, or the other way round, but for what only another Python opens. */
function differences({ tokens }: Pick<RecordedDecisions, 'tokens'>): unknown[] {
  const all = [...spoiltTokens()].flatMap(([kind, texts]) =>
    texts.flatMap((token, index) => {
      const [decided, ours] = [tokens[kind]?.[index], opener(token)];
      const isOfAnother = DIGITS_AFTER_PADDING.test(token) && decided === '0';
      return decided === ours || isOfAnother ? [] : [{ kind, token, decided, ours }];
    }),
  );
  return all.slice(0, SHOWN);
}

function keyDifferences(decisions: Pick<RecordedDecisions, 'keys'>): unknown[] {
  const all = [...spoiltKeys()].flatMap(([kind, texts]) =>
    texts.flatMap((each, index) => {
      const decided = expectedOf(each, decisions.keys[kind]?.[index]);
      const ours = keyDecision(each);
      return decided === ours ? [] : [{ kind, ...each, decided, ours }];
    }),
  );
  return all.slice(0, SHOWN);
}

/** A key without its padding is a key here; two in one text are none. */
function expectedOf({ key, spoilt }: SpoiltKey, decided: string | undefined): string | undefined {
  if (WITHOUT_PADDING.test(spoilt)) {
    return Buffer.from(spoilt.trim(), 'base64').equals(Buffer.from(key, 'base64')) ? '1' : '2';
  }
  return DIGITS_AFTER_PADDING.test(spoilt) ? '0' : decided;
}

function keyDecision({ key, spoilt }: SpoiltKey): string {
  if (!FernetKey.isValid(spoilt)) {
    return '0';
  }
  return FernetKey.parse(spoilt).fingerprint === FernetKey.parse(key).fingerprint ? '1' : '2';
}

describe('what Python makes of spoilt tokens and keys', () => {
  it('was recorded of the very ones that are drawn here', () => {
    expect(digestOf(questions())).toBe(recorded.sha256);
  });

  it('holds for each token that we open or do not', () => {
    expect(differences(recorded)).toEqual([]);
  });

  it('holds for each token in a rotation and in its verification', () => {
    for (const [kind, texts] of spoiltTokens()) {
      for (const token of texts) {
        const opened = Number(opener(token));
        const { kind: taken, signer } = takenFor(token);
        expect({ kind, token, kinds: KINDS[opened] }).toMatchObject({ kinds: expect.arrayContaining([taken]) });
        // What is signed and cannot be decrypted is undecryptable to the rotation.
        expect(opened === 0 ? '' : signer).toBe(['', 'first', 'another'][opened]);
      }
    }
  });

  it('holds for each key that we accept or refuse', () => {
    expect(keyDifferences(recorded)).toEqual([]);
  });

  it('opens many with either key, and none many more', () => {
    const decisions = Object.values(recorded.tokens).join('');
    for (const [decision, least] of [
      ['0', 2_000],
      ['1', 750],
      ['2', 500],
    ] as const) {
      expect(decisions.split(decision).length - 1).toBeGreaterThan(least);
    }
  });

  const itLive = python === undefined ? it.skip : it;
  itLive(`holds afresh for ${python?.versions ?? 'Python, which is not here with cryptography'}`, () => {
    const asked = questions();
    const decided = python && decidedByPython(python.command, asked);
    const afresh = decided && byKind(decided, (key) => FernetKey.parse(key).fingerprint);
    expect(afresh && differences(afresh)).toEqual([]);
    expect(afresh && keyDifferences(afresh)).toEqual([]);
    decided?.keys.forEach((fingerprint, index) => {
      const key = asked.keys[index] ?? '';
      if (fingerprint !== null && FernetKey.isValid(key)) {
        expect(FernetKey.parse(key).fingerprint).toBe(fingerprint);
      }
    });
  });
});

describe('base64 as Python reads it', () => {
  it.each([
    ['QUJD', ['ABC']],
    ['', ['']],
    ['QUI=', ['AB']],
    ['QUI', []],
    ['QQ=', []],
    ['Q===', []],
    ['=QUJD', ['ABC']],
    ['QUJD====', ['ABC']],
    ['Q\nU\r\nJ D', ['ABC']],
    ['QU=\n=', ['A']],
    ['Q=U=J=D', ['AB', 'ABC']],
    ['QUI=QUJD', ['AB']],
    ['YW==Jj', ['a', 'abc']],
    ['YWJ=j', ['ab', 'abc']],
    ['QU=JD', ['ABC']],
  ])('has for %j the readings %j', (text, readings) => {
    expect(pythonBase64(text).map(String)).toEqual(readings);
  });
});
