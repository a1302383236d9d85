import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import type { AgentHeartbeatResult } from '../../src/agent-heartbeat/agent-heartbeat-plan.js';
import { useAgentHeartbeats } from '../support/agent-heartbeats.js';
import type { Row } from '../support/rows.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const NOW = '2026-03-29T02:30:00.123456Z';
const JUST_AFTER = '2026-03-29T02:30:00.123457Z';
const JUST_BEFORE = '2026-03-29T02:30:00.123455Z';
/** With a heartbeat due every 60 s: silent for 60 s and not a microsecond more. */
const AT_THE_LIMIT = '2026-03-29T02:29:00.123456Z';
const BEYOND_THE_LIMIT = '2026-03-29T02:29:00.123455Z';
const LONG_AGO = '2020-01-01T00:00:00Z';

const watched = (row: Row = {}): Row => ({
  heartbeat_required_every: 60,
  created_at: LONG_AGO,
  last_heartbeat_at: NOW,
  ...row,
});
const OVERDUE = watched({ last_heartbeat_at: BEYOND_THE_LIMIT });
const ALIVE = watched();
const EXPIRING = { settings: { expireTokens: true } };

describe('the agent heartbeat monitor', () => {
  const database = useTestDatabase();
  const heartbeats = useAgentHeartbeats(database);
  const check = (plan = {}): Promise<AgentHeartbeatResult> => heartbeats.check({ runAt: NOW, ...plan });
  const given = (...rows: Row[]): Promise<string[]> => insertRows(database, 'agent_tokens', rows);

  beforeAll(async () => {
    await insertReferences(database);
    // A host's own table may lack Tenxyte's check, and so have negative numbers.
    await database.query('alter table agent_tokens drop constraint agent_tokens_heartbeat_required_every_check');
  });
  beforeEach(async () => {
    await database.query('delete from agent_tokens');
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('suspends an agent that was silent for longer than it may be, and changes nothing else of it', async () => {
    const [id = ''] = await given({ ...OVERDUE, agent_id: 'agent-7' });
    const before = await rowOf(id);
    const result = await check();
    expect(result).toEqual({
      runAt: NOW,
      status: 'succeeded',
      monitored: 1,
      suspended: 1,
      expired: 0,
      lockedAgents: 0,
      agents: [{ id, agentId: 'agent-7', lastHeartbeatAt: BEYOND_THE_LIMIT, overdueSeconds: 0 }],
    });
    expect(await rowOf(id)).toEqual({
      ...before,
      status: 'SUSPENDED',
      suspended_at: '2026-03-29T02:30:00.123456+00:00',
      suspended_reason: 'HEARTBEAT_MISSING',
    });
  });

  it.each([
    ['a heartbeat within the allowed silence', ALIVE],
    ['a heartbeat exactly at the limit', watched({ last_heartbeat_at: AT_THE_LIMIT })],
    ['no heartbeat required', watched({ ...OVERDUE, heartbeat_required_every: null })],
    ['a heartbeat required every 0 seconds', watched({ ...OVERDUE, heartbeat_required_every: 0 })],
    ['a heartbeat required every -60 seconds', watched({ ...OVERDUE, heartbeat_required_every: -60 })],
    ['no heartbeat yet, created exactly at the limit', watched({ last_heartbeat_at: null, created_at: AT_THE_LIMIT })],
    ['the status SUSPENDED', watched({ ...OVERDUE, status: 'SUSPENDED', suspended_reason: 'MANUAL' })],
    ['the status REVOKED', watched({ ...OVERDUE, status: 'REVOKED' })],
    ['the status EXPIRED', watched({ ...OVERDUE, status: 'EXPIRED' })],
    ['a heartbeat at infinity', watched({ last_heartbeat_at: 'infinity', created_at: '-infinity' })],
    ['a heartbeat in 9999', watched({ last_heartbeat_at: '9999-12-31', heartbeat_required_every: 2_147_483_647 })],
    [
      'a heartbeat in the last year there is',
      watched({ last_heartbeat_at: '294276-12-31', heartbeat_required_every: 2_147_483_647 }),
    ],
  ])('leaves a token with %s as it is', async (_what, row) => {
    const [id = ''] = await given(row);
    const before = await rowOf(id);
    await given(OVERDUE);
    expect(await check()).toMatchObject({ status: 'succeeded', suspended: 1 });
    expect(await rowOf(id)).toEqual(before);
  });

  it('judges an agent that never sent a heartbeat by the creation of its token', async () => {
    const [id = ''] = await given(watched({ last_heartbeat_at: null, created_at: '2026-03-29T02:27:30Z' }));
    const { agents } = await check();
    expect(agents).toEqual([{ id, agentId: 'agent', lastHeartbeatAt: null, overdueSeconds: 90 }]);
  });

  it('counts overdue seconds from the end of the allowed silence, rounded down', async () => {
    await given(
      watched({ last_heartbeat_at: '2026-03-29T02:28:59.123457Z' }),
      watched({ last_heartbeat_at: '2026-03-29T02:28:59.123456Z' }),
      watched({ last_heartbeat_at: '2025-03-29T02:29:00.123456Z' }),
      watched({ last_heartbeat_at: '-infinity' }),
    );
    const { agents } = await check();
    expect(agents.map(({ overdueSeconds }) => overdueSeconds)).toEqual([Number.MAX_SAFE_INTEGER, 365 * 86_400, 1, 0]);
  });

  it('lists the 100 longest overdue, longest first, and the same in a dry run; its counts are whole', async () => {
    await given(
      ...Array.from({ length: 130 }, (_, index) =>
        watched({ last_heartbeat_at: new Date(Date.parse(LONG_AGO) + ((index * 7) % 65) * 60_000).toISOString() }),
      ),
    );
    const counted = await check({ isDryRun: true });
    const done = await check();
    expect(counted).toEqual(done);
    expect(done).toMatchObject({ monitored: 130, suspended: 130 });
    expect(done.agents).toHaveLength(100);
    const seconds = done.agents.map(({ overdueSeconds }) => overdueSeconds);
    expect(seconds).toEqual(seconds.toSorted((one, other) => other - one));
  });

  it('gives word of every suspended agent once, after it is committed', async () => {
    const ids = await given(OVERDUE, ALIVE, OVERDUE);
    const heard: string[] = [];
    const visible: Promise<string[]>[] = [];
    await check({
      onSuspended: (agents: AgentHeartbeatResult['agents']) => {
        heard.push(...agents.map(({ id }) => id));
        visible.push(heartbeats.statuses());
      },
    });
    expect(new Set(heard)).toEqual(new Set([ids[0], ids[2]]));
    expect(heard).toHaveLength(2);
    expect(await Promise.all(visible)).toEqual([['SUSPENDED', 'ACTIVE', 'SUSPENDED']]);
  });

  it('changes nothing in a dry run', async () => {
    await given(OVERDUE, ALIVE, watched({ ...OVERDUE, expires_at: JUST_BEFORE }));
    const before = await database.query('select * from agent_tokens order by id');
    const heard: unknown[] = [];
    const result = await check({ ...EXPIRING, isDryRun: true, onSuspended: (agents: unknown) => heard.push(agents) });
    expect(result).toMatchObject({ status: 'succeeded', monitored: 2, suspended: 1, expired: 1 });
    expect(result.agents).toHaveLength(1);
    expect(heard).toEqual([]);
    expect(await database.query('select * from agent_tokens order by id')).toEqual(before);
  });

  it('takes its time from the database', async () => {
    await given(
      { heartbeat_required_every: 60, last_heartbeat_at: new Date(Date.now() - 3_600_000).toISOString() },
      { heartbeat_required_every: 60, last_heartbeat_at: new Date(Date.now() + 3_600_000).toISOString() },
    );
    const [{ before } = { before: '' }] = await database.query<{ before: string }>('select now()::text as before');
    const { runAt, suspended } = await heartbeats.check();
    const [order] = await database.query(
      'select $1::timestamptz >= $2::timestamptz as "isAfter", max(suspended_at) = $1::timestamptz as "isWritten" from agent_tokens',
      [runAt, before],
    );
    expect(suspended).toBe(1);
    expect(runAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(order).toEqual({ isAfter: true, isWritten: true });
  });

  it('sends one message and one statement while nobody is overdue', async () => {
    await given(ALIVE, watched({ ...OVERDUE, status: 'REVOKED' }));
    await check();
    const sent = jest.spyOn(pg.Client.prototype, 'query');
    const result = await check({ ...EXPIRING });
    const texts = sent.mock.calls.map(([text]) => text);
    expect(result).toMatchObject({ status: 'succeeded', monitored: 1, suspended: 0, expired: 0 });
    expect(texts).toHaveLength(1);
    expect(texts[0]?.match(/\bselect\b[^;]*\bfrom "agent_tokens"/g)).toHaveLength(1);
    expect(texts[0]?.split(';').map((statement) => statement.trim().split(/\s/)[0])).toEqual([
      'begin',
      'set',
      'set',
      'set',
      'set',
      'select',
      'commit',
    ]);
  });

  it('writes as durably as the server is set up to, and in a dry run cannot write at all', async () => {
    await given(OVERDUE);
    const sent = jest.spyOn(pg.Client.prototype, 'query');
    await check({ isDryRun: true });
    const counting = sent.mock.calls.map(([text]) => text);
    sent.mockClear();
    await check();
    const writing = sent.mock.calls
      .map(([text]) => text)
      .filter((text) => text.includes('begin') && !text.includes('read only'));
    expect(counting.filter((text) => text.startsWith('begin'))).toEqual([
      expect.stringContaining('begin isolation level repeatable read read only'),
    ]);
    expect(writing).toHaveLength(1);
    expect(writing[0]).not.toContain('synchronous_commit');
  });

  it('never asks for a token', async () => {
    await given(OVERDUE, watched({ ...OVERDUE, expires_at: JUST_BEFORE }));
    const sent = jest.spyOn(pg.Client.prototype, 'query');
    await check({ ...EXPIRING, isDryRun: true });
    await check({ ...EXPIRING });
    const texts = sent.mock.calls.map(([text]) => text);
    expect(texts.some((text) => text.includes('returning'))).toBe(true);
    expect(texts.filter((text) => /"token"|\*(?!\s*interval)(?!\))/.test(text))).toEqual([]);
  });

  it('leaves an empty table as it is', async () => {
    expect(await check()).toMatchObject({ status: 'succeeded', monitored: 0, suspended: 0, agents: [] });
  });

  describe('with expireTokens', () => {
    it.each([
      ['just past its expiry', JUST_BEFORE, 'EXPIRED'],
      ['exactly at its expiry', NOW, 'ACTIVE'],
      ['just before its expiry', JUST_AFTER, 'ACTIVE'],
      ['that never expires', 'infinity', 'ACTIVE'],
      ['expired ever since', '-infinity', 'EXPIRED'],
    ])(
      'gives a token %s its status, heartbeats required or not, and changes nothing else',
      async (_what, expires_at, status) => {
        const ids = await given(watched({ expires_at }), { expires_at, created_at: LONG_AGO });
        const before = await Promise.all(ids.map(rowOf));
        const result = await check(EXPIRING);
        expect(result).toMatchObject({ expired: status === 'EXPIRED' ? 2 : 0, suspended: 0, agents: [] });
        expect(await Promise.all(ids.map(rowOf))).toEqual(before.map((row) => ({ ...row, status })));
      },
    );

    it('expires a token that is overdue too, and does not suspend or monitor it', async () => {
      await given(watched({ ...OVERDUE, expires_at: JUST_BEFORE }), OVERDUE);
      const heard: unknown[] = [];
      const counted = await check({ ...EXPIRING, isDryRun: true });
      const done = await check({ ...EXPIRING, onSuspended: (agents: readonly unknown[]) => heard.push(...agents) });
      expect(done).toMatchObject({ monitored: 1, suspended: 1, expired: 1 });
      expect(counted).toEqual(done);
      expect(heard).toHaveLength(1);
      expect(await heartbeats.statuses()).toEqual(['EXPIRED', 'SUSPENDED']);
    });

    it.each(['SUSPENDED', 'REVOKED', 'EXPIRED'])('leaves a %s token past its expiry as it is', async (status) => {
      await given({ status, expires_at: LONG_AGO });
      expect(await check(EXPIRING)).toMatchObject({ expired: 0 });
      expect(await heartbeats.statuses()).toEqual([status]);
    });
  });

  it('expires nothing unless told to', async () => {
    await given({ expires_at: LONG_AGO }, watched({ ...OVERDUE, expires_at: LONG_AGO }));
    expect(await check()).toMatchObject({ monitored: 1, suspended: 1, expired: 0 });
    expect(await heartbeats.statuses()).toEqual(['ACTIVE', 'SUSPENDED']);
  });

  describe('with the mass-suspension brake', () => {
    const breaking = (maxFraction: number, minAgents = 1): object => ({
      settings: { expireTokens: true, massSuspensionBrake: { minAgents, maxFraction } },
    });
    const EXPIRED = watched({ ...OVERDUE, expires_at: JUST_BEFORE });

    it.each([false, true])('suspends and expires nobody when too many are overdue (dry run: %s)', async (isDryRun) => {
      await given(OVERDUE, OVERDUE, ALIVE, EXPIRED);
      const heard: unknown[] = [];
      const onSuspended = (agents: unknown): unknown => heard.push(agents);
      const result = await check({ ...breaking(0.5), isDryRun, onSuspended });
      expect(result).toMatchObject({
        status: 'failed',
        monitored: 3,
        suspended: 0,
        expired: 0,
        agents: [],
        massSuspension: { monitored: 3, overdue: 2 },
        error: { code: 'MASS_SUSPENSION', message: expect.stringContaining('2 of 3') },
      });
      expect(heard).toEqual([]);
      expect(await heartbeats.statuses()).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE', 'ACTIVE']);
    });

    it.each([
      ['exactly its fraction of agents', [OVERDUE, ALIVE], 0.5, 1],
      ['fewer agents than it takes', [OVERDUE, OVERDUE, ALIVE], 0.5, 4],
    ])('suspends %s', async (_what, rows, maxFraction, minAgents) => {
      await given(...rows, EXPIRED);
      const result = await check(breaking(maxFraction, minAgents));
      expect(result).toMatchObject({ status: 'succeeded', suspended: rows.length - 1, expired: 1 });
      expect(result).not.toHaveProperty('massSuspension');
    });

    it('counts neither tokens without heartbeats nor expired ones', async () => {
      await given(OVERDUE, ALIVE, EXPIRED, EXPIRED, { created_at: LONG_AGO }, { created_at: LONG_AGO });
      expect(await check(breaking(0.49))).toMatchObject({ massSuspension: { monitored: 2, overdue: 1 } });
    });
  });

  async function rowOf(id: string): Promise<Record<string, unknown>> {
    await database.query(`set timezone = 'UTC'`);
    const [found] = await database.query<{ row: Record<string, unknown> }>(
      'select to_jsonb(agent_tokens) as row from agent_tokens where id = $1',
      [id],
    );
    return found?.row ?? {};
  }
});
