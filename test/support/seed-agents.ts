import type pg from 'pg';

/** How many agents there are, and how many of them are silent. */
export interface SeededAgents {
  readonly agents: number;
  /** Every agent of such a number is overdue by a day, spread over the table. 0 = none is. */
  readonly overdueEvery: number;
}

/** Inserts monitored agents: each must send a heartbeat once a day. */
export async function insertAgents(client: pg.Client, { agents, overdueEvery }: SeededAgents): Promise<void> {
  const isOverdue = overdueEvery === 0 ? 'false' : `n % ${overdueEvery} = 0`;
  await client.query('set session_replication_role = replica');
  await client.query(`
    insert into agent_tokens (token, agent_id, status, expires_at, max_requests_per_minute, max_requests_total,
      current_request_count, max_failed_requests, current_failed_count, heartbeat_required_every, last_heartbeat_at,
      current_spend_usd, created_at, application_id, triggered_by_id)
    select encode(sha256(convert_to(n::text, 'UTF8')), 'hex'), 'agent-' || n, 'ACTIVE', now() + interval '30 days', 60, 10000,
      0, 10, 0, 86400, now() - case when ${isOverdue} then interval '2 days' else interval '1 minute' end,
      0, now() - interval '90 days', 1, 1 + n % 1000
    from generate_series(1, ${agents}) as n`);
  await client.query('set session_replication_role = origin');
}
