import { allowRuns } from '../support/maintenance-schema.js';
import { insertReferences } from '../support/rows.js';
import type { TestDatabase } from '../support/test-database.js';

/** Agents that fall silent one by one while a test looks on. */
const SILENT_AGENTS = 300;
/** The first is overdue at once, the last after so many seconds. */
const FALL_SILENT_WITHIN_SECONDS = 90;
const HEARTBEAT_EVERY_SECONDS = 60;

/**
 * Has the database itself note, in tables that the module knows nothing of, whatever happens to a run and to an agent's status, in the
 * order in which it happens.
 */
export async function observe(database: TestDatabase): Promise<void> {
  await allowRuns(database, 'current_user');
  await database.query(`
    create table observed_runs (
      n bigserial primary key,
      at timestamptz not null default clock_timestamp(),
      run uuid not null,
      slot timestamptz,
      began boolean not null,
      ended boolean not null
    )`);
  await database.query(`
    create function observe_run() returns trigger language plpgsql as $$
    begin
      insert into observed_runs (run, slot, began, ended)
      values (new.id, new.slot, tg_op = 'INSERT' and new.status = 'running', tg_op = 'UPDATE' and old.status = 'running');
      return null;
    end $$`);
  await database.query(`
    create trigger observe_run after insert or update of status on tenxyte_maintenance.runs
    for each row execute function observe_run()`);
  await database.query('create table observed_agents (id bigint not null, status text not null)');
  await database.query(`
    create function observe_agent() returns trigger language plpgsql as $$
    begin
      insert into observed_agents (id, status) values (new.id, new.status);
      return null;
    end $$`);
  await database.query(`
    create trigger observe_agent after update of status on agent_tokens for each row execute function observe_agent()`);
}

/** Gives the runs something to do: agents that become overdue a few every second. */
export async function insertAgentsThatFallSilent(database: TestDatabase): Promise<void> {
  await insertReferences(database);
  await database.query(
    `
    insert into agent_tokens
    select (jsonb_populate_record(model, jsonb_build_object(
      'id', 1000 + n,
      'token', 'silent-' || n,
      'heartbeat_required_every', $1::int,
      'last_heartbeat_at', now() + (n * $2::float8 / $3::float8 - $1::int) * interval '1 second'
    ))).*
    from agent_tokens as model, generate_series(1, $3::int) as n
    where model.id = 1`,
    [HEARTBEAT_EVERY_SECONDS, FALL_SILENT_WITHIN_SECONDS, SILENT_AGENTS],
  );
}

/** The most runs that ever went on at one moment, as the database saw it. */
export async function mostRunsAtOnce(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ most: number }>(`
    select max(running)::int as most
    from (select sum(began::int - ended::int) over (order by n) as running from observed_runs) as moments`);
  return row?.most ?? 0;
}

/** How many agents were suspended: by the reports of the runs, and as the database saw it. */
export async function suspensions(database: TestDatabase): Promise<{ reported: number; observed: number }> {
  const [row] = await database.query<{ reported: number; observed: number }>(`
    select (select sum((report->>'suspended')::int)::int from tenxyte_maintenance.runs) as reported,
           (select count(*)::int from observed_agents where status = 'SUSPENDED') as observed`);
  return row ?? { reported: 0, observed: 0 };
}

/** Runs that were taken for lost before their lease ran out. */
export async function leasesCutShort(database: TestDatabase): Promise<unknown[]> {
  return database.query(
    `select * from tenxyte_maintenance.runs where status = 'lost' and finished_at <= lease_expires_at`,
  );
}
