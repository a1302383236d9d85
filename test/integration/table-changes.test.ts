import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { BATCH_OPENING } from '../../src/batches/batch-opening.js';
import type { CleanupTargetReport } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';

const GATE = 4712;

describe('a table that somebody changes while it is cleaned', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp;
  let keeper: pg.Client;

  beforeEach(async () => {
    await database.query('alter table login_attempts rename to plain_attempts');
    keeper = await database.connect();
    app = await maintenanceApp(database.url, {
      options: { cleanup: { lockTimeoutMs: 60_000, maxConnections: 1 } },
      configure: (builder) =>
        builder.overrideProvider(BATCH_OPENING).useValue([`select pg_advisory_xact_lock_shared(${GATE})`]),
    });
  });
  afterEach(async () => {
    await app.close();
    await keeper.end();
    await database.query('drop table if exists login_attempts, detached, replaced cascade');
    await database.query('alter table plain_attempts rename to login_attempts');
  });

  const partitioned = async (): Promise<void> => {
    await database.query(
      'create table login_attempts (id bigint, created_at timestamptz) partition by range (created_at)',
    );
    await database.query(
      `create table detached partition of login_attempts for values from (minvalue) to ('2021-01-01')`,
    );
    await database.query(`create table rest partition of login_attempts for values from ('2021-01-01') to (maxvalue)`);
    await database.query(`insert into login_attempts select n, '2020-01-01' from generate_series(1, 5000) as n`);
    await database.query(`insert into login_attempts select n, '2022-01-01' from generate_series(1, 3000) as n`);
    await database.query(`insert into login_attempts select n, now() from generate_series(1, 1000) as n`);
  };
  const plain = async (): Promise<void> => {
    await database.query('create table login_attempts (id bigint, created_at timestamptz, filler text)');
    await database.query(`insert into login_attempts
      select n, case when n % 2 = 0 then '2020-01-01'::timestamptz else now() end, repeat('x', 500) from generate_series(1, 8000) as n`);
  };
  const count = async (from: string): Promise<number> =>
    (await database.query<{ rows: number }>(`select count(*)::int as rows from ${from}`))[0]?.rows ?? -1;

  /** Changes the table when the first batch has begun, and has not yet touched it. */
  const cleanWhile = async (...changes: readonly string[]): Promise<CleanupTargetReport> => {
    await keeper.query('select pg_advisory_lock($1)', [GATE]);
    const running = app.maintenance.cleanup({ only: ['login_attempts'] });
    await eventually(async () => {
      const waiting = await database.query(
        `select from pg_locks where locktype = 'advisory' and objid = ${GATE} and not granted
           and database = (select oid from pg_database where datname = current_database())`,
      );
      return waiting.length > 0;
    });
    for (const change of changes) {
      await database.query(change);
    }
    await keeper.query('select pg_advisory_unlock_all()');
    return (await running).targets[0] as CleanupTargetReport;
  };

  it('loses no row of a partition that was detached', async () => {
    await partitioned();
    const report = await cleanWhile('alter table login_attempts detach partition detached');
    expect(report).toMatchObject({ status: 'succeeded', rows: 3_000, tableChanges: ['"public"."detached"'] });
    expect([await count('detached'), await count('login_attempts')]).toEqual([5_000, 1_000]);
  });

  it('is walked on where a partition was dropped', async () => {
    await partitioned();
    const report = await cleanWhile('drop table detached');
    expect(report).toMatchObject({ status: 'succeeded', rows: 3_000, tableChanges: ['"public"."detached"'] });
  });

  it('is walked on where the next partition was dropped before a way through it was chosen', async () => {
    await partitioned();
    await database.query(`insert into login_attempts select n, '2022-01-01' from generate_series(1, 20000) as n`);
    await database.query('create index on login_attempts (created_at)');
    const report = await cleanWhile('drop table rest');
    expect(report).toMatchObject({ status: 'succeeded', rows: 5_000, tableChanges: ['"public"."rest"'] });
  });

  it('is refused once its times have no zone any more: no live row goes', async () => {
    await plain();
    const report = await cleanWhile(
      `set timezone = 'UTC'`,
      'alter table login_attempts alter created_at type timestamp',
    );
    expect(report).toMatchObject({ status: 'failed', rows: 0, error: { code: 'COLUMN_TYPE' } });
    expect(await count('login_attempts')).toBe(8_000);
  });

  it('is walked anew after its rows were moved to another file', async () => {
    await plain();
    await database.query('delete from login_attempts where id < 4000');
    const report = await cleanWhile('vacuum full login_attempts');
    expect(report).toMatchObject({ status: 'succeeded', tableChanges: ['"public"."login_attempts"'] });
    expect(await count(`login_attempts where created_at < '2021-01-01'`)).toBe(0);
  });

  it('is looked at anew when another one has taken its name', async () => {
    await plain();
    const report = await cleanWhile(
      'alter table login_attempts rename to replaced',
      'create table login_attempts (id bigint, created_at timestamptz)',
      `insert into login_attempts values (1, '2020-01-01')`,
    );
    expect(report).toMatchObject({ status: 'succeeded', rows: 1, tableChanges: ['"public"."login_attempts"'] });
    expect(await count('replaced')).toBe(8_000);
  });

  it('is refused when a key was added by which others would lose rows', async () => {
    await plain();
    await database.query('alter table login_attempts add primary key (id)');
    const report = await cleanWhile(
      'create table replaced (attempt bigint references login_attempts on delete cascade)',
    );
    expect(report).toMatchObject({ status: 'failed', rows: 0, error: { code: 'NOT_ACKNOWLEDGED' } });
    expect(await count('login_attempts')).toBe(8_000);
  });

  it('is looked at anew when a trigger was replaced', async () => {
    await plain();
    await database.query('create schema if not exists app');
    await database.query(
      `create or replace function app.keep() returns trigger language plpgsql as 'begin return null; end'`,
    );
    await database.query('create trigger act after insert on login_attempts for each row execute function app.keep()');
    const report = await cleanWhile(
      'create or replace trigger act before delete on login_attempts for each row execute function app.keep()',
    );
    await database.query('drop schema app cascade');
    expect(report).toMatchObject({ status: 'failed', rows: 0, keptRows: 4_000, error: { code: 'ROWS_KEPT' } });
  });

  it('counts what stays once, however often it is walked', async () => {
    await partitioned();
    await database.query('alter table rest add primary key (id, created_at)');
    await database.query('create table replaced (id bigint, at timestamptz, foreign key (id, at) references rest)');
    await database.query(
      `insert into replaced select id, created_at from rest where id = 5 and created_at = '2022-01-01'`,
    );
    const report = await cleanWhile('alter table login_attempts detach partition detached', 'drop table detached');
    expect(report).toMatchObject({ status: 'succeeded', rows: 2_999, referencedRows: 1 });
  });

  it('loses no row of partitions whose table gave its name to another', async () => {
    await partitioned();
    const report = await cleanWhile(
      'alter table login_attempts rename to replaced',
      'create table login_attempts (id bigint, created_at timestamptz)',
      `insert into login_attempts values (1, '2020-01-01')`,
    );
    expect(report).toMatchObject({ status: 'succeeded', rows: 1 });
    expect(await count('replaced')).toBe(9_000);
  });

  it('loses no row of grandchildren whose table gave its name to another', async () => {
    await database.query('create table login_attempts (id bigint, created_at timestamptz)');
    await database.query('create table detached () inherits (login_attempts)');
    await database.query('create table rest () inherits (detached)');
    await database.query(`insert into rest select n, '2020-01-01' from generate_series(1, 5000) as n`);
    const report = await cleanWhile(
      'alter table login_attempts rename to replaced',
      'create table login_attempts (id bigint, created_at timestamptz)',
    );
    expect(report).toMatchObject({ status: 'succeeded', rows: 0 });
    expect(await count('replaced')).toBe(5_000);
  });

  it('is refused once it lacks a column that decides what is due', async () => {
    await plain();
    const report = await cleanWhile('alter table login_attempts drop column created_at');
    expect(report).toMatchObject({ status: 'failed', rows: 0, error: { code: 'COLUMN_MISSING' } });
  });
});
