import { setTimeout as delay } from 'node:timers/promises';

/** Waits for `work`, but no longer than this. */
export async function withinPatience(work: Promise<void>, patienceMs: number): Promise<void> {
  const giveUp = new AbortController();
  const isLate = delay(patienceMs, undefined, { signal: giveUp.signal, ref: false }).catch(() => undefined);
  await Promise.race([work, isLate]);
  giveUp.abort();
}
