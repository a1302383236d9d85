import { onDatabase } from '../test/support/on-database.js';
import type { SeededAgents } from '../test/support/seed-agents.js';
import { insertAgents } from '../test/support/seed-agents.js';
import { createTenxyteDatabase } from '../test/support/tenxyte-database.js';

/** Creates a database with agents; vacuumed and analyzed. */
export async function seedAgents(serverUrl: string, name: string, agents: SeededAgents): Promise<void> {
  const url = await createTenxyteDatabase(serverUrl, name);
  await onDatabase(url, async (client) => {
    await insertAgents(client, agents);
    await client.query('vacuum (freeze, analyze)');
    await client.query('checkpoint');
  });
}

/** The whole work as one statement, without claim, record, report, event or short transaction. */
export const PLAIN_UPDATE = `
  update agent_tokens
  set status = 'SUSPENDED', suspended_at = now(), suspended_reason = 'HEARTBEAT_MISSING'
  where status = 'ACTIVE'
    and heartbeat_required_every > 0
    and now() - coalesce(last_heartbeat_at, created_at) > heartbeat_required_every * interval '1 second'`;
