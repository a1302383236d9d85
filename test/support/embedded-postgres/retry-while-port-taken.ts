import { setTimeout as delay } from 'node:timers/promises';
import { PortTakenError } from './port-taken.error.js';

const ATTEMPTS = 10;
const PAUSE_MS = 200;

/** Repeats an attempt to start a server for as long as it fails with {@link PortTakenError}, up to ten times. */
export async function retryWhilePortTaken<T>(attempt: () => Promise<T>): Promise<T> {
  for (let attemptsLeft = ATTEMPTS - 1; attemptsLeft > 0; attemptsLeft -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PortTakenError)) {
        throw error;
      }
      await delay(PAUSE_MS);
    }
  }
  return attempt();
}
