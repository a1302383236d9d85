import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, EntitySchema } from 'typeorm';
import { AGENT_PROPERTIES } from '../../src/agent-heartbeat/agent-conditions.js';
import { MaintenanceConfigError } from '../../src/errors/maintenance-config.error.js';
import { mappedTable } from '../../src/tenxyte/entity-table.js';
import { type EntityClasses, TENXYTE_ENTITIES } from '../../src/tenxyte/tenxyte-entities.js';
import { checkOn, useAgentHeartbeats } from '../support/agent-heartbeats.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const COLUMNS: Readonly<Record<string, string>> = {
  id: 'bigint',
  token: `text default 'secret'`,
  agent_id: `text default 'agent'`,
  status: `text default 'ACTIVE'`,
  expires_at: `timestamptz default 'infinity'`,
  suspended_at: 'timestamptz',
  suspended_reason: 'text',
  heartbeat_required_every: 'int default 60',
  last_heartbeat_at: 'timestamptz',
  created_at: `timestamptz default '2020-01-01'`,
};

describe('the agent heartbeat monitor on tables in every shape', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  const heartbeats = useAgentHeartbeats(database);

  beforeEach(async () => {
    await database.query('drop table agent_tokens cascade');
  });
  afterEach(async () => {
    await database.query('drop schema public cascade');
    await database.query('create schema public');
    await createTable();
  });

  const createTable = async (
    change: Readonly<Record<string, string>> = {},
    suffix = '',
    name = 'agent_tokens',
  ): Promise<void> => {
    const columns = Object.entries({ ...COLUMNS, ...change }).filter(([, type]) => type !== '');
    await database.query(
      `create table ${name} (${columns.map(([column, type]) => `${column} ${type}`).join(', ')}) ${suffix}`,
    );
  };

  it('suspends in every leaf of a partitioned table, sub-partitions and default included', async () => {
    await createTable({}, 'partition by range (id)');
    await database.query(
      'create table agents_old partition of agent_tokens for values from (0) to (1000) partition by hash (id)',
    );
    await database.query('create table agents_old_0 partition of agents_old for values with (modulus 2, remainder 0)');
    await database.query('create table agents_old_1 partition of agents_old for values with (modulus 2, remainder 1)');
    await database.query('create table agents_rest partition of agent_tokens default');
    await database.query('insert into agent_tokens (id) select n from generate_series(0, 1999) as n');
    await database.query(
      'insert into agent_tokens (id, last_heartbeat_at) select n, now() from generate_series(2000, 2999) as n',
    );
    const counted = await heartbeats.check({ isDryRun: true });
    const done = await heartbeats.check();
    expect(counted).toMatchObject({ status: 'succeeded', monitored: 3000, suspended: 2000 });
    expect(done).toMatchObject({ status: 'succeeded', monitored: 3000, suspended: 2000 });
    expect(counted.agents.map(({ id }) => id)).toEqual(done.agents.map(({ id }) => id));
    expect((await heartbeats.statuses()).filter((status) => status === 'SUSPENDED')).toHaveLength(2000);
  });

  it('suspends in the children of a table too', async () => {
    await createTable();
    await database.query('create table agents_archive () inherits (agent_tokens)');
    await database.query('insert into agent_tokens (id) values (1)');
    await database.query('insert into agents_archive (id) values (2)');
    expect(await heartbeats.check()).toMatchObject({ suspended: 2 });
  });

  it.each([false, true])('refuses a view in place of a table (dry run: %s)', async (isDryRun) => {
    await createTable({}, '', 'agent_storage');
    await database.query('create view agent_tokens as select * from agent_storage');
    await database.query('insert into agent_storage (id) values (1)');
    await expect(heartbeats.check({ isDryRun })).rejects.toMatchObject({
      code: 'NOT_A_TABLE',
      message: expect.stringContaining('"public"."agent_tokens" is a view'),
    });
    expect(await heartbeats.statuses()).toEqual(['ACTIVE']);
  });

  it.each([
    ['created_at', 'timestamp', false],
    ['last_heartbeat_at', 'timestamp', true],
    ['expires_at', 'date', false],
    ['last_heartbeat_at', 'text', false],
    ['suspended_at', 'timestamp', false],
  ])('refuses %s of type %s (dry run: %s)', async (column, type, isDryRun) => {
    await createTable({ [column]: type });
    await database.query('insert into agent_tokens (id, created_at) values (1, $1::timestamptz)', ['2020-01-01']);
    await expect(heartbeats.check({ isDryRun, runAt: '2026-01-01T00:00:00.000000Z' })).rejects.toMatchObject({
      code: 'COLUMN_TYPE',
      message: expect.stringContaining(`agent_tokens.${column}`),
    });
    expect(await heartbeats.statuses()).toEqual(['ACTIVE']);
  });

  it('refuses times without a zone even while nobody seems overdue', async () => {
    await createTable({ created_at: `timestamp default 'infinity'` });
    await database.query('insert into agent_tokens (id) values (1)');
    await expect(heartbeats.check()).rejects.toMatchObject({ code: 'COLUMN_TYPE' });
  });

  it.each(['heartbeat_required_every', 'suspended_reason', 'agent_id'])(
    'refuses a table without %s',
    async (column) => {
      await createTable({ [column]: '' });
      await database.query('insert into agent_tokens (id) values (1)');
      await expect(heartbeats.check()).rejects.toMatchObject({
        code: 'COLUMN_MISSING',
        message: `agent_tokens has no column ${column}. Nobody was suspended`,
      });
    },
  );

  it.each([false, true])('is skipped where there is no such table (dry run: %s)', async (isDryRun) => {
    const result = await heartbeats.check({ isDryRun });
    expect(result).toMatchObject({
      status: 'skipped',
      monitored: 0,
      suspended: 0,
      agents: [],
      error: { code: 'TABLE_NOT_FOUND', message: expect.stringContaining('agent_tokens') },
    });
  });

  it.each(['bigint default 7', 'uuid default gen_random_uuid()', `jsonb default '{}'`])(
    'names agents in text where their names are %s',
    async (type) => {
      await createTable({ agent_id: type });
      await database.query('insert into agent_tokens (id) values (1)');
      const { status, agents } = await heartbeats.check();
      expect(status).toBe('succeeded');
      expect(agents).toEqual([expect.objectContaining({ id: '1', agentId: expect.any(String) })]);
    },
  );

  it('takes an enum for the status', async () => {
    await database.query(`create type agent_status as enum ('ACTIVE', 'SUSPENDED', 'EXPIRED')`);
    await createTable({ status: `agent_status default 'ACTIVE'`, suspended_reason: 'varchar(30)' });
    await database.query(`insert into agent_tokens (id, expires_at) values (1, 'infinity'), (2, '2020-01-01')`);
    expect(await heartbeats.check({ settings: { expireTokens: true } })).toMatchObject({ suspended: 1, expired: 1 });
    expect(await heartbeats.statuses()).toEqual(['SUSPENDED', 'EXPIRED']);
  });

  it('suspends nobody in a table that was altered since it was looked at', async () => {
    await createTable();
    await database.query('insert into agent_tokens (id) values (1)');
    const beforeBatch = async (): Promise<void> => {
      await database.query('alter table agent_tokens alter created_at type timestamp');
    };
    await expect(heartbeats.check({ beforeBatch })).rejects.toMatchObject({ code: 'TABLE_CHANGED' });
    expect(await heartbeats.statuses()).toEqual(['ACTIVE']);
  });

  describe('with triggers', () => {
    const trigger = async (timing: string, body: string): Promise<void> => {
      await database.query(`create function act() returns trigger language plpgsql as $$ begin ${body} end $$`);
      await database.query(`create trigger act ${timing} on agent_tokens for each row execute function act()`);
    };

    beforeEach(async () => {
      await createTable();
      await database.query('insert into agent_tokens (id) select n from generate_series(1, 300) as n');
    });

    it.each([
      ['passes the change over', 'if old.id <= 20 then return null; end if; return new;'],
      ['takes the change back', `if old.id <= 20 then new.status := 'ACTIVE'; end if; return new;`],
    ])('is a failure that names the trigger which %s', async (_what, body) => {
      await trigger('before update', body);
      const result = await heartbeats.check();
      expect(result).toMatchObject({
        status: 'failed',
        suspended: 280,
        lockedAgents: 0,
        error: { code: 'AGENTS_KEPT' },
      });
      expect(result.error?.message).toBe(
        '20 tokens kept the old status although nobody held it: see the trigger public.act',
      );
      expect((await heartbeats.statuses()).filter((status) => status === 'ACTIVE')).toHaveLength(20);
    });

    it('fails with what a trigger failed with, and leaves everybody as he was', async () => {
      await database.query('create table known (id int primary key)');
      await database.query('create table told (id int references known)');
      await trigger('after update', 'insert into told values (1); return null;');
      await expect(heartbeats.check()).rejects.toMatchObject({ code: '23503' });
      expect(await heartbeats.statuses()).toEqual(Array.from({ length: 300 }, () => 'ACTIVE'));
    });

    it('is refused where a rule would rewrite the suspension, until it is acknowledged', async () => {
      await database.query('create rule calm as on update to agent_tokens where old.id <= 20 do instead nothing');
      await expect(heartbeats.check()).rejects.toMatchObject({ code: 'NOT_ACKNOWLEDGED' });
      expect(await heartbeats.statuses()).toEqual(Array.from({ length: 300 }, () => 'ACTIVE'));
    });

    it('suspends all where they only look on', async () => {
      await trigger('after update', 'return null;');
      expect(await heartbeats.check()).toMatchObject({ status: 'succeeded', suspended: 300 });
    });
  });

  describe('as a role with few privileges', () => {
    beforeEach(async () => {
      await createTable();
      await database.query('insert into agent_tokens (id) values (1)');
      await database.query(`grant usage on schema public to ${role.name}`);
    });

    it.each([false, true])(
      'is refused under row level security, even if nobody seems overdue (dry run: %s)',
      async (isDryRun) => {
        await database.query('alter table agent_tokens enable row level security');
        await database.query(`grant select, update on agent_tokens to ${role.name}`);
        await expect(heartbeats.checkAs(role.url, { isDryRun })).rejects.toMatchObject({ code: 'ROW_SECURITY' });
        expect(await heartbeats.statuses()).toEqual(['ACTIVE']);
      },
    );

    it('need not be allowed to read the tokens, and to write no more than three columns', async () => {
      await database.query(
        `grant select (id, agent_id, status, expires_at, heartbeat_required_every, last_heartbeat_at, created_at, ctid),
           update (status, suspended_at, suspended_reason) on agent_tokens to ${role.name}`,
      );
      expect(await heartbeats.checkAs(role.url)).toMatchObject({ status: 'succeeded', suspended: 1 });
    });

    it('says what to grant when it may not tell one row from another', async () => {
      await database.query(
        `grant select (id, agent_id, status, expires_at, heartbeat_required_every, last_heartbeat_at, created_at), update
           on agent_tokens to ${role.name}`,
      );
      await expect(heartbeats.checkAs(role.url)).rejects.toThrow(
        'grant select (ctid) on "public"."agent_tokens". Nobody',
      );
    });

    it('says what to grant when it may not write, and changes nothing', async () => {
      await database.query(`grant select, update (status) on agent_tokens to ${role.name}`);
      await expect(heartbeats.checkAs(role.url)).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        message:
          'The database role lacks a privilege that the heartbeat monitor needs: grant update (suspended_at, suspended_reason) on "public"."agent_tokens". Nobody was suspended',
      });
      expect(await heartbeats.statuses()).toEqual(['ACTIVE']);
    });

    it('may count without being allowed to write', async () => {
      await database.query(`grant select on agent_tokens to ${role.name}`);
      expect(await heartbeats.checkAs(role.url, { isDryRun: true })).toMatchObject({ suspended: 1 });
    });

    it.each([false, true])('says what to grant when it may not read (dry run: %s)', async (isDryRun) => {
      await database.query(`grant update on agent_tokens to ${role.name}`);
      await expect(heartbeats.checkAs(role.url, { isDryRun })).rejects.toMatchObject({
        code: 'PERMISSION_DENIED',
        message: expect.stringContaining('grant select ('),
      });
    });
  });

  describe("with the host's own entity", () => {
    const connected = async (
      entity: EntitySchema,
    ): Promise<{ readonly dataSource: DataSource; readonly classes: EntityClasses }> => {
      const dataSource = await new DataSource({ type: 'postgres', url: database.url, entities: [entity] }).initialize();
      const classes = { ...TENXYTE_ENTITIES, AgentToken: HostAgent };
      return { dataSource, classes };
    };

    it('takes the schema and the names of table and columns from its metadata', async () => {
      await database.query('create schema "The Agents"');
      await createTable({ agent_id: '', '"Agent Name"': `text default 'agent'` }, '', '"The Agents"."My ""Agents"""');
      await database.query(`insert into "The Agents"."My ""Agents""" (id) values (1)`);
      const { dataSource, classes } = await connected(hostEntity('Agent Name', 'My "Agents"', 'The Agents'));
      const plan = { settings: { expireTokens: true } };
      const counted = await checkOn(dataSource, { ...plan, isDryRun: true }, classes);
      const done = await checkOn(dataSource, { ...plan, isDryRun: false }, classes);
      await dataSource.destroy();
      await database.query('drop schema "The Agents" cascade');
      expect(done).toMatchObject({ suspended: 1, agents: [{ id: '1', agentId: 'agent' }] });
      expect(counted).toMatchObject({ suspended: 1, agents: [{ id: '1', agentId: 'agent' }] });
    });

    it('refuses one that lacks a column, at the start', async () => {
      const { dataSource, classes } = await connected(hostEntity(undefined, 'agent_tokens'));
      expect(() => mappedTable(dataSource, classes, 'AgentToken', AGENT_PROPERTIES)).toThrow(MaintenanceConfigError);
      expect(() => mappedTable(dataSource, classes, 'AgentToken', AGENT_PROPERTIES)).toThrow('agentId');
      await dataSource.destroy();
    });
  });

  it('refuses a data source that does not know the entity, at the start', async () => {
    const dataSource = await new DataSource({ type: 'postgres', url: database.url, entities: [] }).initialize();
    expect(() => mappedTable(dataSource, TENXYTE_ENTITIES, 'AgentToken', AGENT_PROPERTIES)).toThrow('AgentToken');
    await dataSource.destroy();
  });
});

class HostAgent {}

function hostEntity(agentIdColumn: string | undefined, tableName: string, schema?: string): EntitySchema {
  const names = [
    ['status', 'status'],
    ['expiresAt', 'expires_at'],
    ['suspendedAt', 'suspended_at'],
    ['suspendedReason', 'suspended_reason'],
    ['heartbeatRequiredEvery', 'heartbeat_required_every'],
    ['lastHeartbeatAt', 'last_heartbeat_at'],
    ['createdAt', 'created_at'],
    ...(agentIdColumn === undefined ? [] : [['agentId', agentIdColumn]]),
  ];
  const columns = Object.fromEntries(names.map(([property = '', name = '']) => [property, { type: String, name }]));
  return new EntitySchema({
    name: 'HostAgent',
    target: HostAgent,
    tableName,
    ...(schema === undefined ? {} : { schema }),
    columns: { id: { type: String, primary: true }, ...columns },
  });
}
