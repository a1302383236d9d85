import { CLAIM_WRITTEN } from './journal.js';
import type { SeededChoices } from './seeded-choices.js';
import type { Interruption } from './wire.js';

/** What is done to a process, or to its network. */
export type Trouble =
  | { readonly kind: 'kill' }
  | { readonly kind: 'stop'; readonly ms: number }
  /** A stop, in the middle of a cleanup, of a process whose clock stands still meanwhile. */
  | { readonly kind: 'suspension'; readonly ms: number }
  /** Begins with a request or an answer that holds a text, and ends with a cut or goes on. */
  | { readonly kind: 'silence'; readonly ms: number; readonly isCut: boolean; readonly text: Passing }
  | { readonly kind: Exclude<Interruption, 'silence'>; readonly text: Passing };

/**
 * Any; the request that ends a transaction; the answer to a claim that was written. What a transaction has written stays locked until its
 * end.
 */
export type Passing = '' | 'commit' | typeof CLAIM_WRITTEN;

/** A trouble, when it begins and whom it meets. */
export interface PlannedTrouble {
  /** Milliseconds from the beginning. */
  readonly at: number;
  readonly trouble: Trouble;
  /** The number of a process; the next one that can be met takes its place when it cannot. */
  readonly victim: number;
  /** Whoever is in mid-run is met instead, where somebody is. */
  readonly meetsWhoIsAtWork: boolean;
}

/** What happens to the server, and how long after what happened to it before. */
export interface PlannedOutage {
  readonly kind: 'crash' | 'failover';
  readonly afterMs: number;
}

/** All that will be done, before anything is. */
export interface Plan {
  readonly troubles: readonly PlannedTrouble[];
  readonly outages: readonly PlannedOutage[];
}

const PAUSE_MS = { least: 250, most: 1_750 };
const OUTAGE_PAUSE_MS = { least: 7_000, most: 14_000 };

/** Makes a plan for so many seconds and processes, with every kind of trouble in it as often as any other. */
export function planOf(choices: SeededChoices, { seconds, processes, leaseMs }: PlanInput): Plan {
  const troubles: PlannedTrouble[] = [];
  let bag: Trouble[] = [];
  for (let at = 0; at < seconds * 1_000; at += choices.between(PAUSE_MS.least, PAUSE_MS.most)) {
    bag = bag.length === 0 ? choices.shuffled(everyKind(choices, leaseMs)) : bag;
    const trouble = bag.pop();
    if (trouble !== undefined) {
      const meetsWhoIsAtWork = choices.fraction() < 1 / 2;
      troubles.push({ at, trouble, victim: choices.below(processes), meetsWhoIsAtWork });
    }
  }
  const outages: PlannedOutage[] = [];
  for (let at = 0; at < seconds * 1_000;) {
    const afterMs = choices.between(OUTAGE_PAUSE_MS.least, OUTAGE_PAUSE_MS.most);
    outages.push({ kind: outages.length % 2 === 0 ? 'failover' : 'crash', afterMs });
    at += afterMs;
  }
  return { troubles, outages };
}

interface PlanInput {
  readonly seconds: number;
  readonly processes: number;
  readonly leaseMs: number;
}

function everyKind(choices: SeededChoices, leaseMs: number): Trouble[] {
  const beyondLease = (): number => choices.between(1.2 * leaseMs, 2.5 * leaseMs);
  const belowLease = (): number => choices.between(0.05 * leaseMs, 0.9 * leaseMs);
  return [
    { kind: 'kill' },
    { kind: 'stop', ms: beyondLease() },
    { kind: 'stop', ms: belowLease() },
    { kind: 'suspension', ms: beyondLease() },
    { kind: 'suspension', ms: beyondLease() },
    { kind: 'suspension', ms: beyondLease() },
    { kind: 'silence', ms: beyondLease(), isCut: choices.fraction() < 1 / 2, text: '' },
    { kind: 'silence', ms: beyondLease(), isCut: choices.fraction() < 1 / 2, text: 'commit' },
    { kind: 'silence', ms: beyondLease(), isCut: choices.fraction() < 1 / 2, text: CLAIM_WRITTEN },
    { kind: 'silence', ms: belowLease(), isCut: choices.fraction() < 1 / 2, text: '' },
    { kind: 'silence', ms: belowLease(), isCut: choices.fraction() < 1 / 2, text: 'commit' },
    { kind: 'cut-before-answer', text: '' },
    { kind: 'cut-before-answer', text: 'commit' },
    { kind: 'cut-before-request', text: '' },
    { kind: 'cut-before-request', text: 'commit' },
  ];
}
