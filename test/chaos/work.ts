import { setTimeout as delay } from 'node:timers/promises';
import type { TestDatabase } from '../support/test-database.js';

/** Tables that the cleanups delete rows of. */
export const WORKED_ON = ['blacklisted_tokens', 'magic_link_tokens', 'refresh_tokens'] as const;

/** Rows of each table that must never be deleted. */
const LIVE_ROWS = 50;
const FEED_EVERY_MS = 100;

/** Inserts the rows that have to outlive everything. */
export async function insertLiveRows(server: Pick<TestDatabase, 'query'>): Promise<void> {
  await server.query(rowsThatExpire('infinity', LIVE_ROWS));
}

/** Inserts rows of each table that are due, by whatever time a run goes, and as many agents that are silent. */
export async function insertWork(server: Pick<TestDatabase, 'query'>, count: number): Promise<void> {
  await server.query(`
    ${rowsThatExpire('2001-01-01', count)};
    insert into agent_tokens
    select (jsonb_populate_record(model, jsonb_build_object(
      'id', nextval(pg_get_serial_sequence('agent_tokens', 'id')) + 1000,
      'token', gen_random_uuid(),
      'heartbeat_required_every', 60,
      'last_heartbeat_at', '2001-01-01'
    ))).*
    from agent_tokens as model, generate_series(1, ${count})
    where model.id = 1`);
}

/** Inserts some work again and again until it is told to end: a run that comes back from the dead finds something to do, too. */
export async function feed(server: Pick<TestDatabase, 'query'>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // The server may be away.
    await insertWork(server, 1).catch(() => undefined);
    await delay(FEED_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Rows that are missing though they never come to be due. */
export async function missingLiveRows(server: Pick<TestDatabase, 'query'>): Promise<number> {
  return WORKED_ON.length * LIVE_ROWS - (await countRows(server, `= 'infinity'`));
}

/** Rows that a cleanup has yet to delete. */
export async function dueRows(server: Pick<TestDatabase, 'query'>): Promise<number> {
  return countRows(server, '< now()');
}

async function countRows(server: Pick<TestDatabase, 'query'>, condition: string): Promise<number> {
  const tables = WORKED_ON.map((table) => `select from ${table} where expires_at ${condition}`);
  const [row] = await server.query<{ count: number }>(
    `select count(*)::int from (${tables.join(' union all ')}) as found`,
  );
  return row?.count ?? Number.NaN;
}

function rowsThatExpire(at: string, count: number): string {
  const rows = `from generate_series(1, ${count})`;
  return `
    insert into blacklisted_tokens (token_jti, blacklisted_at, expires_at, reason, user_id)
    select gen_random_uuid(), now(), '${at}', '', 1 ${rows};
    insert into magic_link_tokens (token, is_used, expires_at, created_at, user_id)
    select gen_random_uuid(), false, '${at}', now(), 1 ${rows};
    insert into refresh_tokens
      (token, device_info, is_revoked, expires_at, created_at, last_used_at, application_id, user_id)
    select gen_random_uuid(), '', false, '${at}', now(), now(), 1, 1 ${rows}`;
}
