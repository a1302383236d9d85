import { setTimeout as delay } from 'node:timers/promises';
import { TIMEOUT_MS } from './patience.js';

const POLL_MS = 10;

/** Asks until there is an answer; fails when none comes in {@link TIMEOUT_MS}. */
export async function eventually<Answer>(ask: () => Promise<Answer | undefined | false>): Promise<Answer> {
  const deadline = Date.now() + TIMEOUT_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) {
      return answer;
    }
    if (Date.now() > deadline) {
      throw new Error(`nothing happened within ${TIMEOUT_MS} ms`);
    }
    await delay(POLL_MS);
  }
}
