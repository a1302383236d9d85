import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { PythonDecisions } from './python-fernet.js';
import { spoiltKeys } from './spoilt-keys.js';
import { SPOILT_TOKEN_KEYS, spoiltTokens } from './spoilt-tokens.js';

const FILE = new URL('recorded-decisions.json', import.meta.url);

/** What Python decided once, by kind. The tokens and keys themselves are drawn anew each time, the same ones. */
export interface RecordedDecisions {
  /** The versions that decided. */
  readonly by: string;
  /** Of all tokens and keys that were decided on. */
  readonly sha256: string;
  /** For each token, which key opened it; 0 when none did. */
  readonly tokens: Readonly<Record<string, string>>;
  /** For each key: 0 when it was refused, 1 when it was the key that it once was, 2 when it was another. */
  readonly keys: Readonly<Record<string, string>>;
}

/** All that Python is asked, in one list. */
export function questions(): {
  readonly with: readonly string[];
  readonly tokens: readonly string[];
  readonly keys: readonly string[];
} {
  return {
    with: SPOILT_TOKEN_KEYS.slice(0, 2),
    tokens: [...spoiltTokens().values()].flat(),
    keys: [...spoiltKeys().values()].flat().map(({ spoilt }) => spoilt),
  };
}

/** Tells whether what is drawn is what was decided on. */
export function digestOf(asked: object): string {
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/** Puts decisions in order by kind. @param fingerprintOf of a key as it was before it was spoilt */
export function byKind(
  { tokens, keys }: PythonDecisions,
  fingerprintOf: (key: string) => string,
): Pick<RecordedDecisions, 'tokens' | 'keys'> {
  let token = 0;
  let key = 0;
  return {
    tokens: Object.fromEntries(
      [...spoiltTokens()].map(([kind, { length }]) => [kind, tokens.slice(token, (token += length))]),
    ),
    keys: Object.fromEntries(
      [...spoiltKeys()].map(([kind, asked]) => [
        kind,
        asked.map((each) => keyDecision(keys[key++] ?? null, fingerprintOf(each.key))).join(''),
      ]),
    ),
  };
}

function keyDecision(decided: string | null, fingerprint: string): string {
  return decided === null ? '0' : decided === fingerprint ? '1' : '2';
}

export function readDecisions(): RecordedDecisions {
  return JSON.parse(readFileSync(FILE, 'utf8'));
}

export function writeDecisions(decisions: RecordedDecisions): void {
  writeFileSync(FILE, `${JSON.stringify(decisions, undefined, 2)}\n`);
}
