import { createCipheriv, createHmac } from 'node:crypto';
import { Drawn } from './drawn.js';
import { padded, SPOILINGS, type Spoiling, spoiltAgain } from './spoilt-text.js';

const EACH = 250;
const KEY_SEED = 20_260_101;

/** Three keys that are nowhere in use. Of each token it is asked whether the first or the second opens it. */
export const SPOILT_TOKEN_KEYS: readonly string[] = [1, 2, 3].map((number) =>
  padded(new Drawn(KEY_SEED + number).bytes(32)),
);

/** What is written in place of a token, or of a part of one, before it is signed. */
interface Odd {
  readonly version?: number;
  readonly iv?: Buffer;
  readonly padding?: Buffer;
  readonly excess?: number;
}

/** Everything that may stand where a token should, by kind: the same at each call. */
export function spoiltTokens(): ReadonlyMap<string, readonly string[]> {
  const kinds: [string, (drawn: Drawn) => string][] = [
    ...Object.entries(SPOILINGS).map(([kind, spoil]): [string, (drawn: Drawn) => string] => [kind, of(spoil)]),
    ['spoilt more than once', of(spoiltAgain)],
    ['signed, but odd', oddToken],
    ['no token', noToken],
  ];
  return new Map(
    kinds.map(([kind, draw], seed) => {
      const drawn = new Drawn(seed);
      return [kind, Array.from({ length: EACH }, () => draw(drawn))];
    }),
  );
}

function of(spoil: Spoiling): (drawn: Drawn) => string {
  return (drawn) => spoil(token(drawn, {}), drawn);
}

/** Mostly under one of the keys that are tried; of every length of plaintext, so that every padding occurs. */
function token(drawn: Drawn, { version = 0x80, iv = drawn.bytes(16), padding, excess = 0 }: Odd): string {
  const key = Buffer.from(drawn.of([0, 0, 0, 1, 1, 1, 2].map((index) => SPOILT_TOKEN_KEYS[index] ?? '')), 'base64url');
  const plaintext = drawn.bytes(drawn.below(50));
  const missing = 16 - (plaintext.length % 16);
  const cipher = createCipheriv('aes-128-cbc', key.subarray(16), Buffer.alloc(16)).setAutoPadding(false);
  const body = cipher.update(Buffer.concat([plaintext, padding ?? Buffer.alloc(missing, missing)]));
  const time = Buffer.alloc(8);
  time.writeUInt32BE(1_700_000_000 + drawn.below(1_000_000), 4);
  const signed = Buffer.concat([Buffer.of(version), time, iv, body.subarray(0, body.length - excess)]);
  return padded(Buffer.concat([signed, createHmac('sha256', key.subarray(0, 16)).update(signed).digest()]));
}

/** What a key signed, though no program makes such tokens. */
function oddToken(drawn: Drawn): string {
  return drawn.of([
    () => token(drawn, { version: drawn.below(256) }),
    () => token(drawn, { iv: drawn.bytes(drawn.below(18)) }),
    () => token(drawn, { padding: drawn.bytes(16) }),
    () => token(drawn, { padding: Buffer.alloc(drawn.below(20), drawn.below(20)) }),
    () => token(drawn, { excess: drawn.below(17) }),
    () => token(drawn, { excess: 16 }),
  ])();
}

function noToken(drawn: Drawn): string {
  return drawn.of([
    () => '',
    () => '='.repeat(drawn.below(6)),
    () => padded(drawn.bytes(drawn.below(90))),
    () => padded(Buffer.concat([Buffer.of(0x80), drawn.bytes(drawn.below(90))])),
    () => drawn.bytes(drawn.below(90)).toString('latin1'),
    () => drawn.bytes(20).toString('hex').toUpperCase(),
  ])();
}
