import { setTimeout as delay } from 'node:timers/promises';
import { changesOf, type JudgedSecret, judgeSecrets, type Judging } from './classified-secret.js';
import type { SecretPage, SecretStore } from './secrets/secret-store.js';
import type { TotpRotationTally } from './totp-rotation-tally.js';

/** Users whose secret was held or changed just then are come back to after each of these pauses: a login holds its user's row for less. */
const REVISIT_PAUSES_MS = [0, 200, 1_000] as const;
/** So many of them are kept in mind; the rest is left to the next run. */
const MAX_KEPT_USERS = 10_000;

/** What a walk over all secrets stands on. */
export interface RotationWalkContext {
  readonly store: SecretStore;
  readonly judging: Judging;
  readonly tally: TotpRotationTally;
  /** Awaited between two batches; what it throws ends the walk. */
  readonly checkpoint: () => Promise<void>;
  /** Told after each batch. */
  readonly onBatch: () => void;
}

/**
 * Judges every secret and writes those that are not under the first key. While one batch is written and the one after the next is read, the next
 * one is decrypted and encrypted. Users that could not be written are come back to at the end.
 */
export async function rotateAll(context: RotationWalkContext): Promise<void> {
  const { store, judging } = context;
  const missed: string[] = [];
  let page = await store.page(undefined);
  let judged: readonly JudgedSecret[] = [];
  while (page.lastUserId !== undefined) {
    const [next, justJudged] = await together(
      writeAndReadOn(context, { judged, missed, after: page.lastUserId }),
      judgeSecrets(page.secrets, judging),
    );
    page = next;
    judged = justJudged;
  }
  missed.push(...(await write(context, judged)));
  await revisit(context, missed);
}

/** Judges every secret and writes none. */
export async function judgeAll(context: RotationWalkContext): Promise<void> {
  const { store, judging, tally } = context;
  let page = await store.page(undefined);
  while (page.lastUserId !== undefined) {
    await context.checkpoint();
    const [next, judged] = await together(store.page(page.lastUserId), judgeSecrets(page.secrets, judging));
    tally.settle(judged);
    context.onBatch();
    page = next;
  }
}

interface WriteAndReadOn {
  readonly judged: readonly JudgedSecret[];
  readonly missed: string[];
  readonly after: string;
}

async function writeAndReadOn(
  context: RotationWalkContext,
  { judged, missed, after }: WriteAndReadOn,
): Promise<SecretPage> {
  await context.checkpoint();
  const written = await context.store.writeAndReadOn(changesOf(judged), after);
  missed.push(...written.missed);
  settle(context, judged, written.missed);
  return written.page;
}

/** Answers the users that are still to be settled. */
async function write(context: RotationWalkContext, judged: readonly JudgedSecret[]): Promise<readonly string[]> {
  await context.checkpoint();
  const missed = await context.store.write(changesOf(judged));
  settle(context, judged, missed);
  return missed;
}

/** Counts what was written and what needed no writing. */
function settle(
  { tally, onBatch }: RotationWalkContext,
  judged: readonly JudgedSecret[],
  missed: readonly string[],
): void {
  const isMissed = new Set(missed);
  tally.settle(judged.filter(({ userId }) => !isMissed.has(userId)));
  onBatch();
}

async function revisit(context: RotationWalkContext, missed: readonly string[]): Promise<void> {
  const { store, judging, tally } = context;
  let left = missed.slice(0, MAX_KEPT_USERS);
  for (const pauseMs of REVISIT_PAUSES_MS) {
    if (left.length > 0) {
      await delay(pauseMs);
      left = [...(await write(context, await judgeSecrets(await store.of(left), judging)))];
    }
  }
  tally.heldUsers += left.length + Math.max(0, missed.length - MAX_KEPT_USERS);
}

/** Waits for both even when one fails: neither goes on behind the back of whoever clears up. */
async function together<One, Other>(one: Promise<One>, other: Promise<Other>): Promise<[One, Other]> {
  await Promise.allSettled([one, other]);
  return Promise.all([one, other]);
}
