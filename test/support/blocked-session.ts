import { setTimeout as delay } from 'node:timers/promises';
import { TIMEOUT_MS } from './patience.js';
import type { TestDatabase } from './test-database.js';

const POLL_INTERVAL_MS = 20;

/**
 * Waits until a session of the test database, by its application's name, waits for a lock that somebody holds.
 *
 * @param statement a part of the statement that waits
 */
export async function untilBlocked(database: TestDatabase, applicationName: string, statement = ''): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const waiting = await database.query(
      `select 1 from pg_stat_activity where datname = $1 and application_name = $2 and wait_event_type = 'Lock'
         and position($3 in query) > 0`,
      [database.name, applicationName, statement],
    );
    if (waiting.length > 0) {
      return;
    }
    if (performance.now() > deadline) {
      throw new Error(`No session of ${applicationName} waits for a lock`);
    }
    await delay(POLL_INTERVAL_MS);
  }
}
