import { Drawn } from './drawn.js';
import { padded, SPOILINGS, type Spoiling, spoiltAgain } from './spoilt-text.js';

const EACH = 60;

/** A key that is nowhere in use, before and after something happened to it. */
export interface SpoiltKey {
  readonly key: string;
  readonly spoilt: string;
}

/** Everything that may stand where a key should, by kind: the same at each call. */
export function spoiltKeys(): ReadonlyMap<string, readonly SpoiltKey[]> {
  const kinds: [string, Spoiling][] = [
    ...Object.entries(SPOILINGS),
    ['spoilt more than once', spoiltAgain],
    ['of another length', (_key, drawn) => padded(drawn.bytes(28 + drawn.below(9)))],
  ];
  return new Map(
    kinds.map(([kind, spoil], seed) => {
      const drawn = new Drawn(1_000 + seed);
      return [kind, Array.from({ length: EACH }, () => spoiltKey(spoil, drawn))];
    }),
  );
}

function spoiltKey(spoil: Spoiling, drawn: Drawn): SpoiltKey {
  const key = padded(drawn.bytes(32));
  return { key, spoilt: spoil(key, drawn) };
}
