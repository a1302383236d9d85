import { setTimeout as delay } from 'node:timers/promises';
import { changesOf, type ClassificationOptions, type ClassifiedSecret, classifySecrets } from './classified-secret.js';
import { advancing, type SecretPage, type SecretStore } from './secrets/secret-store.js';
import type { TotpRotationTally } from './totp-rotation-tally.js';

/** Users whose secret was locked or changed are visited again after each of these pauses: a login locks its user's row for less. */
const REVISIT_PAUSES_MS = [0, 200, 1_000] as const;
/** At most this many of them are visited again; the rest is left to the next run. */
const MAX_KEPT_USERS = 10_000;

/** Everything that a walk over all secrets needs. */
export interface RotationWalkContext {
  readonly store: SecretStore;
  readonly classification: ClassificationOptions;
  readonly tally: TotpRotationTally;
  /** Awaited between two batches; what it throws ends the walk. */
  readonly beforeBatch: () => Promise<void>;
  /** Told after each batch. */
  readonly onBatch: () => void;
}

/**
 * Classifies every secret and writes those that are not under the first key. While one batch is written and the one after the next is read,
 * the next one is decrypted and encrypted. Users that could not be written are visited again at the end.
 */
export async function rotateAll(context: RotationWalkContext): Promise<void> {
  const { store, classification } = context;
  const missed: string[] = [];
  let page = await store.page(undefined);
  let classified: readonly ClassifiedSecret[] = [];
  while (page.lastUserId !== undefined) {
    const [next, justClassified] = await together(
      writeAndReadOn(context, classified, missed, page.lastUserId),
      classifySecrets(page.secrets, classification),
    );
    page = advancing(next, page.lastUserId);
    classified = justClassified;
  }
  missed.push(...(await write(context, classified)));
  await revisit(context, missed);
}

/** Classifies every secret and writes none. */
export async function classifyAll(context: RotationWalkContext): Promise<void> {
  const { store, classification, tally } = context;
  let page = await store.page(undefined);
  while (page.lastUserId !== undefined) {
    await context.beforeBatch();
    const [next, classified] = await together(
      store.page(page.lastUserId),
      classifySecrets(page.secrets, classification),
    );
    tally.settle(classified);
    context.onBatch();
    page = advancing(next, page.lastUserId);
  }
}

async function writeAndReadOn(
  context: RotationWalkContext,
  classified: readonly ClassifiedSecret[],
  missed: string[],
  after: string,
): Promise<SecretPage> {
  await context.beforeBatch();
  const written = await context.store.writeAndReadOn(changesOf(classified), after);
  missed.push(...written.missed);
  settle(context, classified, written.missed);
  return written.page;
}

/** Answers the users that are still to be settled. */
async function write(
  context: RotationWalkContext,
  classified: readonly ClassifiedSecret[],
): Promise<readonly string[]> {
  await context.beforeBatch();
  const missed = await context.store.write(changesOf(classified));
  settle(context, classified, missed);
  return missed;
}

/** Counts what was written and what needed no writing. */
function settle(
  { tally, onBatch }: RotationWalkContext,
  classified: readonly ClassifiedSecret[],
  missed: readonly string[],
): void {
  const isMissed = new Set(missed);
  tally.settle(classified.filter(({ userId }) => !isMissed.has(userId)));
  onBatch();
}

async function revisit(context: RotationWalkContext, missed: readonly string[]): Promise<void> {
  const { store, classification, tally } = context;
  let left = missed.slice(0, MAX_KEPT_USERS);
  for (const pauseMs of REVISIT_PAUSES_MS) {
    if (left.length > 0) {
      await delay(pauseMs);
      left = [...(await write(context, await classifySecrets(await store.of(left), classification)))];
    }
  }
  tally.keptUsers += left.filter((userId) => store.keptUsers.has(userId)).length;
  tally.heldUsers += left.length + Math.max(0, missed.length - MAX_KEPT_USERS);
}

/** Waits for both even when one fails: neither goes on behind the back of whoever clears up. */
async function together<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}
