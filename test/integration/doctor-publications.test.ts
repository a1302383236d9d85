import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { DoctorCheck } from '../../src/index.js';
import { RUNS_SCHEMA_TABLES } from '../../src/tasks/runs/runs-schema-steps.js';
import { FernetKey } from '../../src/totp-key-rotation/fernet/fernet-key.js';
import { type MaintenanceApp, maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

const LONG_AGO = '2020-01-01T00:00:00Z';

describe('the doctor about logical publications', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: MaintenanceApp | undefined;
  let canPublishSchemas = false;

  beforeAll(async () => {
    await database.query(`grant select, update, delete on all tables in schema public to ${role.name}`);
    const [server] = await database.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    canPublishSchemas = (server?.version ?? 0) >= 150_000;
    await insertReferences(database);
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    const found = await database.query<{ name: string }>('select quote_ident(pubname) as name from pg_publication');
    for (const { name } of found) {
      await database.query(`drop publication ${name}`);
    }
  });

  const findings = async (subject: string): Promise<readonly DoctorCheck[]> => {
    app ??= await maintenanceApp(role.url);
    const { checks } = await app.maintenance.doctor();
    return checks.filter((check) => check.name === 'publications' && check.subject === subject);
  };
  const own = () => findings('tenxyte_maintenance');

  it('knows all of the tables of this package', async () => {
    const tables = await database.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'tenxyte_maintenance'::regnamespace and relkind = 'r' order by relname`,
    );
    expect(tables.map(({ name }) => name)).toEqual(RUNS_SCHEMA_TABLES);
  });

  it('has nothing to say where there are none of its tables, or where nothing is published of them', async () => {
    await database.query('create publication otp for table otp_codes');
    await database.query(`create publication silent for all tables with (publish = '')`);
    expect(await own()).toEqual([]);
    expect(await findings('otp_codes')).toEqual([]);
  });

  it('advises about a publication of all tables, also before its own are there', async () => {
    await database.query('create publication everything for all tables');
    const expected = [
      {
        level: 'advice',
        message: expect.stringContaining(
          `the publication "everything" holds this package's tables of schema tenxyte_maintenance: a subscriber without them stops applying`,
        ),
        whatToDo: expect.stringMatching(
          /drop it and create it again in the same transaction.*"tenxyte-maintenance migrate"/,
        ),
      },
    ];
    expect(await own()).toMatchObject(expected);
    await database.query('alter schema tenxyte_maintenance rename to kept_apart');
    try {
      expect(await own()).toMatchObject(expected);
    } finally {
      await database.query('alter schema kept_apart rename to tenxyte_maintenance');
    }
  });

  it('advises about single tables and gives the statement that cures it', async () => {
    await database.query(
      `create publication "Some; of them" for table otp_codes, tenxyte_maintenance.versions, tenxyte_maintenance.runs`,
    );
    const [check, ...more] = await own();
    expect(more).toEqual([]);
    expect(check?.message).toContain(
      `the publication "Some; of them" holds tenxyte_maintenance.runs, tenxyte_maintenance.versions, this package's own`,
    );
    await database.query(check?.whatToDo?.replace(/; until then .*/, '') ?? '');
    expect(await own()).toEqual([]);
    expect(await database.query('select tablename from pg_publication_tables')).toEqual([{ tablename: 'otp_codes' }]);
  });

  it('advises about its schema and gives the statement that cures it', async () => {
    if (!canPublishSchemas) {
      return;
    }
    await database.query('create publication schemas for tables in schema public, tenxyte_maintenance');
    const [check] = await own();
    expect(check).toMatchObject({ level: 'advice' });
    await database.query(check?.whatToDo?.replace(/; until then .*/, '') ?? '');
    expect(await own()).toEqual([]);
  });

  it('does not take a schema out that holds tables of others', async () => {
    if (!canPublishSchemas) {
      return;
    }
    await database.query('create publication schemas for tables in schema tenxyte_maintenance');
    await database.query('create table tenxyte_maintenance.other ()');
    try {
      expect(await own()).toMatchObject([
        { whatToDo: expect.stringContaining('"schemas" set table, with the tables') },
      ]);
    } finally {
      await database.query('drop table tenxyte_maintenance.other');
    }
  });

  describe('of a table without a replica identity', () => {
    afterEach(async () => {
      await database.query('alter table otp_codes replica identity default');
      await database.query('alter table agent_tokens replica identity default');
      await database.query('truncate otp_codes');
    });

    it('takes published deletions for a problem, as each is refused, and the statement cures it', async () => {
      await insertRows(database, 'otp_codes', [{ expires_at: LONG_AGO }]);
      await database.query('create publication codes for table otp_codes');
      await database.query('alter table otp_codes replica identity nothing');
      const [check, ...more] = await findings('otp_codes');
      expect(more).toEqual([]);
      expect(check).toEqual({
        name: 'publications',
        level: 'problem',
        subject: 'otp_codes',
        message:
          '"public"."otp_codes" has no replica identity, and deletions are published ("codes"): every deletion from it is refused',
        whatToDo: 'alter table "public"."otp_codes" replica identity default;',
      });
      expect(await app?.maintenance.cleanup({ only: ['otp_codes'] })).toMatchObject({
        status: 'failed',
        targets: [
          {
            error: {
              code: 'DATABASE',
              message: expect.stringMatching(/replica identity.*55000/s),
            },
          },
        ],
      });
      await database.query(check?.whatToDo ?? '');
      expect(await findings('otp_codes')).toEqual([]);
      expect(await app?.maintenance.cleanup({ only: ['otp_codes'] })).toMatchObject({ status: 'succeeded', rows: 1 });
    });

    it('passes over a publication of inserts and updates alone', async () => {
      await database.query(`create publication codes for table otp_codes with (publish = 'insert, update')`);
      await database.query('alter table otp_codes replica identity nothing');
      expect(await findings('otp_codes')).toEqual([]);
    });

    it('takes published updates of agents for a problem', async () => {
      await database.query(`create publication agents for all tables with (publish = 'update')`);
      await database.query('alter table agent_tokens replica identity nothing');
      expect(await findings('agent_tokens')).toMatchObject([
        { level: 'problem', message: expect.stringContaining('every suspension of an agent is refused') },
      ]);
    });

    it('takes published updates of users for a problem, where their secrets are rotated', async () => {
      await database.query('create publication users for table users');
      await database.query('alter table users replica identity nothing');
      try {
        expect(await findings('users')).toEqual([]);
        await app?.close();
        app = await maintenanceApp(role.url, {
          options: { totp: { keys: [FernetKey.generate()] }, schedule: { totpKeyRotation: false } },
        });
        expect(await findings('users')).toMatchObject([
          { level: 'problem', message: expect.stringContaining('every rotation of TOTP keys is refused') },
        ]);
      } finally {
        await database.query('alter table users replica identity default');
      }
    });

    const publishable = (create: string): string[] => [
      'all tables',
      ...(create.includes('unlogged') ? [] : ['table otp_codes']),
      ...(canPublishSchemas ? ['tables in schema public'] : []),
    ];

    /** Each shape of a table, whether PostgreSQL refuses a deletion from it, which the test asks, and what the doctor is to say of it. */
    it.each([
      ['has a primary key', 'create table shape (like otp_codes including all)', []],
      ['has none', 'create table shape (like otp_codes)', ['shape']],
      ['publishes whole rows', 'create table shape (like otp_codes); alter table shape replica identity full', []],
      ['is not written to the log', 'create unlogged table shape (like otp_codes)', []],
      [
        'has a primary key that is deferrable',
        'create table shape (like otp_codes, primary key (id) deferrable)',
        ['shape'],
      ],
      [
        'is identified by another index',
        'create table shape (like otp_codes); create unique index chosen on shape (id); alter table shape replica identity using index chosen',
        [],
      ],
      [
        'lost the index that it was identified by',
        `create table shape (like otp_codes); create unique index chosen on shape (id);
         alter table shape replica identity using index chosen; drop index chosen`,
        ['shape'],
      ],
      [
        'has a partition without one',
        `create table shape (like otp_codes, primary key (id)) partition by range (id);
         create table shape_1 partition of shape for values from (0) to (9);
         create table shape_2 partition of shape default; alter table shape_2 replica identity nothing`,
        ['shape_2'],
      ],
      [
        'has none, but its partitions have',
        `create table shape (like otp_codes, primary key (id)) partition by range (id);
         create table shape_1 partition of shape default; alter table shape replica identity nothing`,
        [],
      ],
    ])('tells whether a table that %s can be cleaned', async (_, create, without) => {
      await database.query('alter table otp_codes rename to behind');
      try {
        await database.query(
          create.replaceAll(/\bshape(?!_)\b/g, 'otp_codes').replaceAll('like otp_codes', 'like behind'),
        );
        for (const objects of publishable(create)) {
          await database.query(`create publication codes for ${objects} with (publish_via_partition_root)`);
          const refusal = await database.query('delete from otp_codes').then(
            () => '',
            (error: Error) => error.message,
          );
          expect(refusal.includes('does not have a replica identity')).toBe(without.length > 0);
          const found = await findings('otp_codes');
          expect(found.map(({ message }) => message.split(' ')[0])).toEqual(
            without.map((name) => `"public"."${name.replace(/shape(?!_)/, 'otp_codes')}"`),
          );
          await database.query('drop publication codes');
        }
      } finally {
        await database.query('drop table otp_codes; alter table behind rename to otp_codes');
      }
    });
  });
});
