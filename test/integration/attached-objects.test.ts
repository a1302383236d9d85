import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { CleanupSettings, CleanupTargetReport } from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { gateBeforeDeleting } from '../support/gate.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const ROWS = 3_970;

describe('a cleanup beside what a host has attached to its tables', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  const apps: MaintenanceApp[] = [];

  beforeEach(async () => {
    await database.query('create schema app');
    await database.query('truncate users, applications, refresh_tokens cascade');
    await database.query(`insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
      select 'user' || n, '10.0.0.1', true, '', case when n <= ${ROWS} then '2020-01-01'::timestamptz else now() end
      from generate_series(1, ${ROWS} + 100) as n`);
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await database.query('drop schema app cascade');
    await database.query('truncate login_attempts restart identity cascade');
  });

  const clean = async (cleanup: CleanupSettings = {}, url = database.url): Promise<CleanupTargetReport> => {
    const app = await maintenanceApp(url, { options: { cleanup } });
    apps.push(app);
    const { targets } = await app.maintenance.cleanup({ only: ['login_attempts'] });
    return targets[0] as CleanupTargetReport;
  };
  const dueRows = async (): Promise<number> => rowsOf(`login_attempts where created_at < '2021-01-01'`);
  const liveRows = async (): Promise<number> => rowsOf(`login_attempts where created_at > '2021-01-01'`);
  const rowsOf = async (from: string): Promise<number> =>
    (await database.query<{ rows: number }>(`select count(*)::int as rows from ${from}`))[0]?.rows ?? -1;
  const sessions = async (key: string, ids: string): Promise<void> => {
    await database.query(`create table app.sessions (
      id int generated always as identity primary key, attempt bigint constraint attempt_fk references login_attempts ${key})`);
    await database.query(`insert into app.sessions (attempt) select n from ${ids} as n`);
  };

  describe('rows that others refer to', () => {
    it.each([
      ['', 'checked at once'],
      ['on delete restrict', 'that restricts'],
      ['deferrable initially deferred', 'deferred to the commit'],
    ])('stay, counted and named, and all the others go: a key %s (%s)', async (key) => {
      await sessions(key, 'generate_series(1, 3970, 397)');
      expect(await clean()).toMatchObject({
        status: 'succeeded',
        rows: ROWS - 10,
        referencedRows: 10,
        referencedBy: ['app.sessions'],
        lockedRows: 0,
        keptRows: 0,
      });
      expect([await dueRows(), await liveRows(), await rowsOf('app.sessions')]).toEqual([10, 100, 10]);
    });

    it('make the target partial when there are more of them than allowed', async () => {
      await sessions('', 'generate_series(1, 11)');
      const report = await clean({ maxReferencedRows: 10 });
      expect(report).toMatchObject({ status: 'partial', rows: ROWS - 11, error: { code: 'ROWS_REFERENCED' } });
      expect(report.error?.message).toContain('11 due rows stayed, as rows of app.sessions refer to them');
      expect(await clean({ maxReferencedRows: 11 })).toMatchObject({
        status: 'succeeded',
        rows: 0,
        referencedRows: 11,
      });
    });

    it('are found one by one by a role that may not read the table which refers', async () => {
      await sessions('', 'generate_series(7, 9)');
      await database.query(`grant select, update, delete on login_attempts to ${role.name}`);
      expect(await clean({}, role.url)).toMatchObject({ rows: ROWS - 3, referencedRows: 3, status: 'succeeded' });
    });

    it.each(['generate_series(3968, 3970)', 'generate_series(1, 50)'])(
      'do not hold up the walk when they are the last or all there are, unreadable or not: %s',
      async (ids) => {
        await sessions('', ids);
        await database.query(
          'delete from login_attempts where id not in (select attempt from app.sessions) and id > 50',
        );
        const due = await dueRows();
        const stay = await rowsOf('app.sessions');
        await database.query(`grant select, update, delete on login_attempts to ${role.name}`);
        const settings = { maxReferencedRows: 10_000 };
        expect(await clean(settings, role.url)).toMatchObject({
          rows: due - stay,
          referencedRows: stay,
          status: 'succeeded',
        });
        expect(await clean(settings)).toMatchObject({ rows: 0, referencedRows: stay, status: 'succeeded' });
      },
    );

    it.each([
      ['', 'in one direction'],
      ['deferrable initially deferred', 'in the other'],
    ])('in the same table go along with those that refer to them (%s)', async (timing, direction) => {
      const next = direction === 'in one direction' ? 'id - 1' : 'id + 1';
      await database.query(`alter table login_attempts add column parent bigint references login_attempts ${timing}`);
      try {
        await database.query(`update login_attempts set parent = ${next} where id > 1 and id < ${ROWS}`);
        expect(await clean()).toMatchObject({ status: 'succeeded', rows: ROWS, referencedRows: 0 });
        expect(await liveRows()).toBe(100);
      } finally {
        await database.query('alter table login_attempts drop column parent');
      }
    });

    it('in the same table hold those that they refer to themselves, and no others', async () => {
      await database.query('alter table login_attempts add column parent bigint references login_attempts');
      try {
        await database.query('update login_attempts set parent = id - 1 where id > 1 and id <= 3970');
        await database.query('update login_attempts set parent = 20 where id = 4000');
        await database.query('vacuum full login_attempts');
        expect(await clean()).toMatchObject({
          status: 'succeeded',
          rows: ROWS - 20,
          referencedRows: 20,
          referencedBy: ['public.login_attempts'],
        });
      } finally {
        await database.query('alter table login_attempts drop column parent');
      }
    });

    it('are found where a cascade would delete what others refer to', async () => {
      await sessions('on delete cascade', 'generate_series(1, 20)');
      await database.query('create table app.actions (session int references app.sessions)');
      await database.query('insert into app.actions values (3), (4)');
      expect(await clean({ acknowledge: ['app.attempt_fk'] })).toMatchObject({
        status: 'succeeded',
        rows: ROWS - 2,
        referencedRows: 2,
        referencedBy: ['app.actions'],
      });
      expect(await rowsOf('app.sessions')).toBe(2);
    });

    it('are told from those that nobody refers to by keys of several columns and tables', async () => {
      await sessions('', 'generate_series(1, 2)');
      await database.query('alter table login_attempts add constraint attempt_key unique (id, identifier)');
      try {
        await database.query(`create table app."odd ""name" (a bigint, b varchar(191), foreign key (a, b)
          references login_attempts (id, identifier) deferrable initially deferred) partition by hash (a)`);
        await database.query(
          'create table app.odd_part partition of app."odd ""name" for values with (modulus 1, remainder 0)',
        );
        await database.query(`insert into app."odd ""name" values (2, 'user2'), (5, 'user5'), (6, null)`);
        expect(await clean()).toMatchObject({
          rows: ROWS - 3,
          referencedRows: 3,
          referencedBy: ['app.odd "name', 'app.sessions'],
        });
      } finally {
        await database.query('alter table login_attempts drop constraint attempt_key cascade');
      }
    });

    it('are found when somebody comes to refer to one in mid-batch', async () => {
      await sessions('deferrable initially deferred', 'generate_series(1, 1)');
      const gate = await gateBeforeDeleting(database, 'login_attempts', '2000');
      const running = clean({ lockTimeoutMs: 60_000 });
      await gate.reached();
      await database.query('insert into app.sessions (attempt) values (3000)');
      await gate.open();
      const report = await running;
      await gate.remove();
      expect(report).toMatchObject({ status: 'succeeded', rows: ROWS - 2, referencedRows: 2 });
      expect(await rowsOf('app.sessions join login_attempts as attempt on attempt.id = sessions.attempt')).toBe(2);
    });
  });

  describe('objects that take or change rows of others, or turn the deletion into something else', () => {
    const trigger = async (timing: string, body: string, on = 'login_attempts'): Promise<void> => {
      await database.query(`create function app.act() returns trigger language plpgsql as $$ begin ${body} end $$`);
      await database.query(`create trigger act ${timing} on ${on} execute function app.act()`);
    };

    it.each([
      ['on delete cascade', 'deletes rows of app.sessions'],
      ['on delete set null', 'empties columns of app.sessions'],
      ['on delete set default', 'empties columns of app.sessions'],
    ])('are refused until they are listed: a key %s', async (key, effect) => {
      await sessions(key, 'generate_series(1, 100)');
      const refused = await clean();
      expect(refused).toMatchObject({ status: 'failed', rows: 0, error: { code: 'NOT_ACKNOWLEDGED' } });
      expect(refused.error?.message).toContain(`the foreign key app.attempt_fk ${effect}`);
      expect(refused.error?.message).toContain(`cleanup.acknowledge: ['app.attempt_fk']`);
      expect([await dueRows(), await rowsOf('app.sessions where attempt is not null')]).toEqual([ROWS, 100]);
      expect(await clean({ acknowledge: ['app.attempt_fk'] })).toMatchObject({ status: 'succeeded', rows: ROWS });
      expect(await rowsOf('app.sessions where attempt is not null')).toBe(0);
    });

    it('are refused in a dry run and where a brake counts first', async () => {
      await sessions('on delete cascade', 'generate_series(1, 100)');
      const app = await maintenanceApp(database.url, { options: { cleanup: { maxRowsPerTarget: 10_000 } } });
      apps.push(app);
      for (const dryRun of [true, false]) {
        const { targets } = await app.maintenance.cleanup({ only: ['login_attempts'], dryRun });
        expect(targets[0]).toMatchObject({ status: 'failed', error: { code: 'NOT_ACKNOWLEDGED' } });
      }
    });

    it('keep rows as listed: a rule in place of the deletion', async () => {
      await database.query(
        `create rule keep_some as on delete to login_attempts where old.id <= 500 do instead nothing`,
      );
      try {
        expect(await clean()).toMatchObject({ status: 'failed', rows: 0, error: { code: 'NOT_ACKNOWLEDGED' } });
        const report = await clean({ acknowledge: ['public.keep_some'] });
        expect(report).toMatchObject({ status: 'succeeded', rows: ROWS - 500, keptRows: 500 });
        expect(await dueRows()).toBe(500);
      } finally {
        await database.query('drop rule keep_some on login_attempts');
      }
    });

    it.each([
      ['keeps rows', 'if old.id <= 500 then return null; end if; return old;'],
      [
        'marks rows instead of letting them go',
        `if old.id <= 500 then
           update login_attempts set failure_reason = 'gone' where id = old.id and failure_reason = '';
           return null;
         end if;
         return old;`,
      ],
    ])('are a failure that names them until they are listed: a trigger that %s', async (_what, body) => {
      await trigger('before delete', body, 'login_attempts for each row');
      const report = await clean();
      expect(report).toMatchObject({ status: 'failed', rows: ROWS - 500, error: { code: 'ROWS_KEPT' } });
      expect(report).toMatchObject({ keptRows: 500, lockedRows: 0, referencedRows: 0 });
      expect(report.error?.message).toContain(
        '500 due rows stayed although nobody held them: kept by the trigger public.act',
      );
      expect([await dueRows(), await liveRows()]).toEqual([500, 100]);
      expect(await clean({ acknowledge: ['public.act'] })).toMatchObject({
        status: 'succeeded',
        keptRows: 500,
        rows: 0,
      });
    });

    it('may be there unlisted when they let every row go', async () => {
      await trigger('before delete', 'return old;', 'login_attempts for each row');
      expect(await clean()).toMatchObject({ status: 'succeeded', rows: ROWS, keptRows: 0 });
    });

    it.each([
      ['held rows', 'do also insert into app.log values (old.id)', { rows: ROWS - 1, lockedRows: 1, keptRows: 0 }],
      [
        'other rows',
        'do instead delete from app.log where id = old.id',
        { rows: 0, lockedRows: 1, keptRows: ROWS - 1 },
      ],
    ])('are counted by what is left at their places, %s or not: a rule that says %s', async (_what, action, counts) => {
      await database.query('create table app.log (id bigint)');
      await database.query('insert into app.log select generate_series(1, 5000)');
      await database.query(`create rule logged as on delete to login_attempts ${action}`);
      const other = await database.connect();
      await other.query('begin');
      await other.query('select from login_attempts where id = 7 for update');
      try {
        expect(await clean({ acknowledge: ['public.logged'] })).toMatchObject({ status: 'succeeded', ...counts });
      } finally {
        await other.query('rollback');
        await database.query('drop rule logged on login_attempts');
      }
    });

    it('are a rule of a table with an index on the age, too', async () => {
      await database.query('create index attempts_by_age on login_attempts (created_at)');
      await database.query('create rule nothing as on delete to login_attempts do instead nothing');
      await database.query(`insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
        select 'user', '10.0.0.1', true, repeat('x', 90), now() from generate_series(1, 20000)`);
      await database.query('analyze login_attempts');
      try {
        const report = await clean({ acknowledge: ['public.nothing'] });
        expect(report).toMatchObject({ status: 'succeeded', rows: 0, keptRows: ROWS });
      } finally {
        await database.query('drop rule nothing on login_attempts');
        await database.query('drop index attempts_by_age');
      }
    });

    it('are told apart by their tables where two keys have one name', async () => {
      for (const table of ['one', 'two']) {
        await database.query(`create table app.${table} (
          attempt bigint constraint fk references login_attempts on delete cascade)`);
        await database.query(`insert into app.${table} values (1)`);
      }
      expect(await clean({ acknowledge: ['app.fk'] })).toMatchObject({ error: { code: 'NOT_ACKNOWLEDGED' } });
      const refused = await clean({ acknowledge: ['app.one.fk'] });
      expect(refused.error).toMatchObject({ code: 'NOT_ACKNOWLEDGED', message: expect.stringContaining('app.two') });
      expect(await rowsOf('app.two')).toBe(1);
      expect(await clean({ acknowledge: ['app.one.fk', 'app.two.fk'] })).toMatchObject({
        status: 'succeeded',
        rows: ROWS,
      });
    });

    it.each([
      ['breaks a key of its own', 'insert into app.child values (old.id);', '23503'],
      ['names a table that is not there', 'insert into app.nowhere values (1);', '42P01'],
    ])('fail the target with what they failed with: a trigger that %s', async (_what, statement, sqlState) => {
      await database.query('create table app.parent (id bigint primary key)');
      await database.query('create table app.child (id bigint references app.parent)');
      await trigger('after delete', `${statement} return null;`, 'login_attempts for each row');
      const report = await clean();
      expect(report).toMatchObject({ status: 'failed', rows: 0, referencedRows: 0, tableChanges: [] });
      expect(report.error?.message).toContain(sqlState);
    });

    it('act by the role that the session plays in a replication', async () => {
      await trigger('before delete', 'return null;', 'login_attempts for each row');
      await database.query('alter table login_attempts enable replica trigger act');
      expect(await clean({ include: [] })).toMatchObject({ status: 'succeeded', rows: ROWS });
      await database.query(`insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
        values ('user', '10.0.0.1', true, '', '2020-01-01')`);
      const replica = new URL(database.url);
      replica.searchParams.set('options', '-c session_replication_role=replica');
      expect(await clean({}, replica.href)).toMatchObject({
        status: 'failed',
        keptRows: 1,
        error: { code: 'ROWS_KEPT' },
      });
    });

    it('are of no account while they are disabled', async () => {
      await trigger('before delete', 'return null;', 'login_attempts for each row');
      await database.query('alter table login_attempts disable trigger act');
      expect(await clean()).toMatchObject({ status: 'succeeded', rows: ROWS, keptRows: 0 });
    });
  });

  describe('a table that is not what the cleanup takes it for', () => {
    const partitioned = async (): Promise<void> => {
      await database.query('alter table login_attempts rename to plain_attempts');
      await database.query(
        'create table login_attempts (id bigint, created_at timestamptz) partition by range (created_at)',
      );
      await database.query(
        `create table app.old_attempts partition of login_attempts for values from (minvalue) to ('2022-01-01')`,
      );
      await database.query('create table app.new_attempts partition of login_attempts default');
      await database.query(`insert into login_attempts select n, case when n % 2 = 0 then '2020-01-01'::timestamptz else now() end
        from generate_series(1, 2000) as n`);
    };
    const restore = async (): Promise<void> => {
      await database.query('drop table if exists login_attempts cascade');
      await database.query('alter table plain_attempts rename to login_attempts');
    };

    it.each([
      ['on the table itself', 'login_attempts'],
      ['on a partitioned table, whose partitions are worked on', 'partitioned'],
      ['on a partition', 'app.old_attempts'],
    ])('is refused under row level security: %s', async (_where, what) => {
      const isPartitioned = what !== 'login_attempts';
      await (isPartitioned ? partitioned() : Promise.resolve());
      const table = what === 'partitioned' ? 'login_attempts' : what;
      try {
        await database.query(`alter table ${table} enable row level security`);
        await database.query(`create policy half on ${table} using (id % 4 = 0)`);
        await database.query(`grant usage on schema app to ${role.name}`);
        await database.query(`grant select, update, delete on login_attempts to ${role.name}`);
        if (isPartitioned) {
          await database.query(`grant select, update, delete on app.old_attempts, app.new_attempts to ${role.name}`);
        }
        const before = await dueRows();
        expect(await clean({}, role.url)).toMatchObject({ status: 'failed', rows: 0, error: { code: 'ROW_SECURITY' } });
        expect(await dueRows()).toBe(before);
      } finally {
        await database.query(`drop policy half on ${table}`);
        await database.query(`alter table ${table} disable row level security`);
        await (isPartitioned ? restore() : Promise.resolve());
      }
    });

    it('has the row triggers that its partitions have of a partitioned table', async () => {
      await partitioned();
      try {
        await database.query(
          `create function app.act() returns trigger language plpgsql as $$ begin return null; end $$`,
        );
        await database.query(
          'create trigger kept before delete on login_attempts for each row execute function app.act()',
        );
        expect(await clean()).toMatchObject({ status: 'failed', keptRows: 1_000, error: { code: 'ROWS_KEPT' } });
      } finally {
        await restore();
      }
    });

    it('is refused where a trigger of a parent would be passed by for its children', async () => {
      await database.query('create table app.children () inherits (login_attempts)');
      await database.query(
        `create function app.act() returns trigger language plpgsql as $$ begin return null; end $$`,
      );
      await database.query(
        'create trigger told after delete on login_attempts for each statement execute function app.act()',
      );
      expect(await clean()).toMatchObject({ status: 'failed', rows: 0, error: { code: 'NOT_ACKNOWLEDGED' } });
      expect(await clean({ acknowledge: ['public.told'] })).toMatchObject({ status: 'succeeded', rows: ROWS });
    });

    it('is refused where a trigger of a partitioned table would be passed by', async () => {
      await partitioned();
      try {
        await database.query(
          `create function app.act() returns trigger language plpgsql as $$ begin return null; end $$`,
        );
        await database.query(
          'create trigger told after delete on login_attempts for each statement execute function app.act()',
        );
        expect(await clean()).toMatchObject({ status: 'failed', rows: 0, error: { code: 'NOT_ACKNOWLEDGED' } });
        expect(await clean({ acknowledge: ['public.told'] })).toMatchObject({ status: 'succeeded', rows: 1_000 });
      } finally {
        await restore();
      }
    });
  });
});
