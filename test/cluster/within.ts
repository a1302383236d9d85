import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 25;

/** Asks until there is an answer; fails when none comes in so many seconds. */
export async function within<Answer>(
  seconds: number,
  claim: string,
  ask: () => Answer | false | Promise<Answer | false>,
): Promise<Answer> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== false) {
      return answer;
    }
    if (performance.now() > deadline) {
      throw new Error(`Not within ${seconds} s: ${claim}`);
    }
    await delay(POLL_MS);
  }
}
