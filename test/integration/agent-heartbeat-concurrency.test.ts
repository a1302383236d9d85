import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { AgentHeartbeatResult } from '../../src/agent-heartbeat/agent-heartbeat-plan.js';
import { useAgentHeartbeats } from '../support/agent-heartbeats.js';
import { eventually } from '../support/eventually.js';
import { gateBeforeStatusChange } from '../support/gate.js';
import type { Row } from '../support/rows.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const LONG_AGO = '2020-01-01T00:00:00Z';
const OVERDUE: Row = { heartbeat_required_every: 60, created_at: LONG_AGO, last_heartbeat_at: LONG_AGO };
const HURRIED = { limits: { lockTimeoutMs: 20, statementTimeoutMs: 15_000, targetBatchMs: 50 } };

describe('the agent heartbeat monitor beside other sessions', () => {
  const database = useTestDatabase();
  const heartbeats = useAgentHeartbeats(database);
  const given = (...rows: Row[]): Promise<string[]> => insertRows(database, 'agent_tokens', rows);

  const sessions: pg.Client[] = [];

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    await database.query('delete from agent_tokens');
  });
  afterEach(async () => {
    await Promise.all(sessions.splice(0).map((session) => session.query('rollback')));
  });

  /** Rolled back after the test: what a failing test held would block all that come after it. */
  const openSession = async (): Promise<pg.Client> => {
    const session = await database.connect();
    sessions.push(session);
    return session;
  };

  const untilItWaitsOrEnds = async (running: Promise<AgentHeartbeatResult>): Promise<void> => {
    await eventually(async () => {
      const waiting = await database.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return waiting.length > 0 || (await Promise.race([running.then(() => true), Promise.resolve(false)]));
    });
  };

  it('lets a heartbeat win that arrives while the run goes on', async () => {
    const [first = '', saved = ''] = await given(OVERDUE, OVERDUE);
    const gate = await gateBeforeStatusChange(database, 'agent_tokens', first);
    const running = heartbeats.check();
    await gate.reached();
    await database.query('update agent_tokens set last_heartbeat_at = now() where id = $1', [saved]);
    await gate.open();
    const result = await running;
    await gate.remove();
    expect(result).toMatchObject({ status: 'succeeded', suspended: 1, agents: [{ id: first }] });
    expect(await heartbeats.statuses()).toEqual(['SUSPENDED', 'ACTIVE']);
  });

  it('lets a heartbeat win that is committed while the run waits for its row', async () => {
    await given(OVERDUE, OVERDUE);
    const other = await openSession();
    await other.query('begin');
    await other.query(
      'update agent_tokens set last_heartbeat_at = now() where id = (select min(id) from agent_tokens)',
    );
    const running = heartbeats.check();
    await untilItWaitsOrEnds(running);
    await other.query('commit');
    expect(await running).toMatchObject({ status: 'succeeded', suspended: 1 });
    expect(await heartbeats.statuses()).toEqual(['ACTIVE', 'SUSPENDED']);
  });

  it('leaves a token alone that is revoked while the run goes on', async () => {
    const [first = '', revoked = ''] = await given(OVERDUE, OVERDUE);
    const gate = await gateBeforeStatusChange(database, 'agent_tokens', first);
    const running = heartbeats.check();
    await gate.reached();
    await database.query(`update agent_tokens set status = 'REVOKED' where id = $1`, [revoked]);
    await gate.open();
    await running;
    await gate.remove();
    expect(await heartbeats.statuses()).toEqual(['SUSPENDED', 'REVOKED']);
  });

  it('skips and counts a token that another session holds, and suspends the others; the next run suspends it', async () => {
    const ids = await given(
      OVERDUE,
      { ...OVERDUE, agent_id: 'free', last_heartbeat_at: null },
      { expires_at: LONG_AGO },
    );
    const other = await openSession();
    await other.query('begin');
    await other.query('select 1 from agent_tokens where id = $1 for update', [ids[0]]);
    const plan = { settings: { expireTokens: true } };
    const heard: unknown[] = [];
    const result = await heartbeats.check({ ...plan, onSuspended: (agents) => heard.push(...agents) });
    await other.query('rollback');
    expect(result).toMatchObject({ status: 'succeeded', monitored: 2, suspended: 1, expired: 1, lockedAgents: 1 });
    expect(result.agents).toEqual([
      { id: ids[1], agentId: 'free', lastHeartbeatAt: null, overdueSeconds: expect.any(Number) },
    ]);
    expect(heard).toEqual(result.agents);
    expect(await heartbeats.statuses()).toEqual(['ACTIVE', 'SUSPENDED', 'EXPIRED']);
    expect(await heartbeats.check(plan)).toMatchObject({ suspended: 1, expired: 0, lockedAgents: 0 });
    expect(await heartbeats.statuses()).toEqual(['SUSPENDED', 'SUSPENDED', 'EXPIRED']);
  });

  it('counts held tokens past their expiry too, and does not suspend them instead', async () => {
    await given({ ...OVERDUE, expires_at: LONG_AGO }, OVERDUE);
    const other = await openSession();
    await other.query('begin');
    await other.query('select 1 from agent_tokens where expires_at < now() for update');
    const result = await heartbeats.check({ settings: { expireTokens: true } });
    await other.query('rollback');
    expect(result).toMatchObject({ monitored: 1, suspended: 1, expired: 0, lockedAgents: 1 });
    expect(await heartbeats.statuses()).toEqual(['ACTIVE', 'SUSPENDED']);
  });

  it('counts a dry run in one snapshot, blind to what others commit meanwhile', async () => {
    await given(OVERDUE, OVERDUE);
    const other = await openSession();
    await other.query('begin');
    await other.query('lock table pg_catalog.pg_inherits in access exclusive mode');
    const running = heartbeats.check({ isDryRun: true });
    await untilItWaitsOrEnds(running);
    await database.query('update agent_tokens set last_heartbeat_at = now()');
    await other.query('commit');
    const result = await running;
    expect(result).toMatchObject({ suspended: 2, agents: [{ overdueSeconds: expect.any(Number) }, {}] });
    expect(await heartbeats.check()).toMatchObject({ suspended: 0 });
  });

  it('fails after its lock time-out when another session locks the table, and changes nothing', async () => {
    await given(OVERDUE);
    const other = await openSession();
    await other.query('begin');
    await other.query('lock table agent_tokens in access exclusive mode');
    const code = { driverError: expect.objectContaining({ code: '55P03' }) };
    await expect(heartbeats.check(HURRIED)).rejects.toMatchObject({ code: '55P03' });
    await expect(heartbeats.check({ ...HURRIED, isDryRun: true })).rejects.toMatchObject(code);
    await other.query('rollback');
    expect(await heartbeats.statuses()).toEqual(['ACTIVE']);
    expect(await heartbeats.check(HURRIED)).toMatchObject({ suspended: 1 });
  });

  it('lets two runs at once share the work: every agent is suspended and reported once', async () => {
    await given(...Array.from({ length: 50 }, () => OVERDUE));
    const heard: string[] = [];
    const onSuspended = (agents: AgentHeartbeatResult['agents']): void => {
      heard.push(...agents.map(({ id }) => id));
    };
    const results = await Promise.all([heartbeats.check({ onSuspended }), heartbeats.check({ onSuspended })]);
    await heartbeats.check({ onSuspended });
    expect(results.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
    expect(heard).toHaveLength(50);
    expect(new Set(heard).size).toBe(50);
    expect(new Set(await heartbeats.statuses())).toEqual(new Set(['SUSPENDED']));
  });

  describe('over several batches', () => {
    const AGENTS = 900;

    /** On pages that a few tokens fill, so that they take more than one batch. */
    beforeEach(async () => {
      await database.query('alter table agent_tokens set (fillfactor = 10)');
      await database.query('truncate agent_tokens cascade');
      const [id] = await given({ ...OVERDUE, token: 'original', agent_id: 'x'.repeat(100) });
      await database.query(
        `insert into agent_tokens (token, agent_id, status, expires_at, max_requests_per_minute, max_requests_total, current_request_count,
           max_failed_requests, current_failed_count, heartbeat_required_every, last_heartbeat_at, current_spend_usd, created_at,
           application_id, triggered_by_id)
         select 'copy-' || n, agent_id, status, expires_at, 1, 1, 0, 1, 0, heartbeat_required_every, last_heartbeat_at, 0, created_at, 1, 1
         from agent_tokens cross join generate_series(2, ${AGENTS}) as n where id = $1`,
        [id],
      );
    });
    const suspendedInTable = async (): Promise<number> =>
      (await heartbeats.statuses()).filter((status) => status === 'SUSPENDED').length;

    it('stops between two batches when it is told to, and the next run goes on', async () => {
      const controller = new AbortController();
      const result = await heartbeats.check({ signal: controller.signal, onSuspended: () => controller.abort() });
      expect(result).toMatchObject({ status: 'stopped', monitored: AGENTS });
      expect(result.suspended).toBeGreaterThan(0);
      expect(result.suspended).toBeLessThan(AGENTS);
      expect(await suspendedInTable()).toBe(result.suspended);
      const { status, suspended } = await heartbeats.check();
      expect([status, suspended + result.suspended]).toEqual(['succeeded', AGENTS]);
    });

    it('does nothing when it is told to stop before it begins', async () => {
      expect(await heartbeats.check({ signal: AbortSignal.abort() })).toMatchObject({
        status: 'stopped',
        suspended: 0,
      });
      expect(await suspendedInTable()).toBe(0);
    });

    it('has succeeded when it is told to stop after its last batch', async () => {
      const controller = new AbortController();
      let heard = 0;
      const onSuspended = (agents: readonly unknown[]): void => {
        heard += agents.length;
        if (heard === AGENTS) {
          controller.abort();
        }
      };
      const result = await heartbeats.check({ signal: controller.signal, onSuspended });
      expect(result).toMatchObject({ status: 'succeeded', suspended: AGENTS });
      expect(result.agents).toHaveLength(100);
    });

    it('ends with what beforeBatch throws; what was committed stays', async () => {
      const stop = new Error('the lease is lost');
      let calls = 0;
      const beforeBatch = async (): Promise<void> => {
        calls += 1;
        if (calls === 2) {
          throw stop;
        }
      };
      let heard = 0;
      const onSuspended = (agents: readonly unknown[]): void => {
        heard += agents.length;
      };
      const result = await heartbeats.check({ beforeBatch, onSuspended });
      expect(result).toMatchObject({
        status: 'failed',
        suspended: heard,
        error: { message: expect.stringContaining(stop.message) },
      });
      expect(heard).toBeGreaterThan(0);
      expect(heard).toBeLessThan(AGENTS);
      expect(await suspendedInTable()).toBe(heard);
    });

    it('goes on after failures that may pass, and suspends each agent once', async () => {
      await database.query('create sequence fault_count');
      await database.query(`
        create function fail_first() returns trigger language plpgsql as $$
        begin
          if nextval('fault_count') in (1, 700) then
            raise exception 'injected fault' using errcode = '40001';
          end if;
          return new;
        end $$`);
      await database.query(
        'create trigger fault before update on agent_tokens for each row execute function fail_first()',
      );
      const result = await heartbeats.check();
      await database.query('drop trigger fault on agent_tokens');
      await database.query('drop function fail_first()');
      await database.query('drop sequence fault_count');
      expect(result).toMatchObject({ status: 'succeeded', suspended: AGENTS });
    });
  });
});
