import { TypeOrmModule } from '@nestjs/typeorm';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Column, DefaultNamingStrategy, Entity, PrimaryColumn } from 'typeorm';
import { Test } from '@nestjs/testing';
import {
  type CleanupProgress,
  DatabaseClock,
  defineCleanupTarget,
  type Instant,
  TenxyteMaintenanceModule,
  TenxyteMaintenanceService,
} from '../../src/index.js';
import type { CleanupSettings, OwnCleanupTarget, TenxyteMaintenanceOptions } from '../../src/index.js';
import { insertReferences } from '../support/rows.js';
import { usePrometheus } from '../support/telemetry.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN_AT = '2026-06-01T00:00:00.000000Z' as Instant;
/** Exactly 30 days before. */
const AT_CUTOFF = '2026-05-02T00:00:00Z';
const LONG_AGO = '2026-01-01T00:00:00Z';

@Entity({ name: 'app_sessions', schema: 'app' })
class AppSession {
  @PrimaryColumn({ type: 'uuid' })
  public id!: string;

  @Column({ type: 'uuid', name: 'owner_id' })
  public userId!: string;

  @Column({ type: 'boolean', name: 'used' })
  public isUsed!: boolean;

  @Column({ type: 'timestamptz', name: 'closed', nullable: true })
  public closedAt!: Date | null;

  @Column({ type: 'timestamptz', name: 'ends' })
  public expiresAt!: Date;
}

const SESSIONS = defineCleanupTarget({
  name: 'app_sessions',
  entity: AppSession,
  summary: 'expired more than 30 days ago',
  dueWhen: { before: 'expiresAt', days: 30 },
  dimensions: { user: ['userId'] },
});

const DDL = `
  create table app.app_sessions (
    id uuid primary key default gen_random_uuid(),
    owner_id uuid not null default gen_random_uuid(),
    used boolean not null default false,
    closed timestamptz,
    ends timestamptz not null
  )`;

describe("a target on a host's own table", () => {
  const database = useTestDatabase();
  const scrape = usePrometheus();
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    await insertReferences(database);
    await database.query('create schema app');
  });
  beforeEach(async () => {
    await database.query(`drop table if exists app.app_sessions; ${DDL}`);
    await database.query('truncate otp_codes, blacklisted_tokens');
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.close()));
  });

  const boot = async (
    { targets = [SESSIONS], ...cleanup }: CleanupSettings = {},
    {
      entities = [AppSession],
      typeOrm = {},
      url = database.url,
      options = {},
    }: {
      readonly entities?: (new () => object)[];
      readonly typeOrm?: object;
      readonly url?: string;
      readonly options?: TenxyteMaintenanceOptions;
    } = {},
  ): Promise<TenxyteMaintenanceService> => {
    const moduleRef = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, retryAttempts: 0, ...typeOrm }),
        TypeOrmModule.forFeature(entities),
        TenxyteMaintenanceModule.forRoot({ ...options, cleanup: { targets, ...cleanup } }),
      ],
    })
      .setLogger({ log() {}, warn() {}, error() {} })
      .overrideProvider(DatabaseClock)
      .useValue({ now: async () => RUN_AT })
      .compile();
    open.push(moduleRef);
    await moduleRef.init();
    return moduleRef.get(TenxyteMaintenanceService);
  };
  const insert = async (...rows: readonly string[]): Promise<void> => {
    for (const row of rows) {
      await database.query(`insert into app.app_sessions ${row}`);
    }
  };
  const left = async (): Promise<number> => {
    const [row] = await database.query<{ count: number }>('select count(*)::int as count from app.app_sessions');
    return row?.count ?? -1;
  };
  const ends = (...times: readonly string[]): string[] => times.map((time) => `(ends) values ('${time}')`);
  const reportOf = async (maintenance: TenxyteMaintenanceService, request: object = {}) =>
    (await maintenance.cleanup(request)).targets.find(({ name }) => name === 'app_sessions');

  it('is cleaned at every run, last, and counted alike by the dry run', async () => {
    await insert(...ends(LONG_AGO, LONG_AGO, AT_CUTOFF, '2026-07-01T00:00:00Z'));
    const maintenance = await boot();
    const dry = await maintenance.cleanup({ dryRun: true });
    expect(dry.targets.at(-1)).toMatchObject({ name: 'app_sessions', status: 'succeeded', rows: 2 });
    expect(await left()).toBe(4);
    const progress: CleanupProgress[] = [];
    const run = await maintenance.cleanup({ onProgress: (one) => progress.push(one) });
    expect(run.targets.at(-1)).toMatchObject({
      name: 'app_sessions',
      status: 'succeeded',
      rows: 2,
      retentionDays: 30,
      cutoff: expect.stringContaining('2026-05-02T00:00:00'),
    });
    expect(run.rows).toBe(2);
    expect(progress.at(-1)).toMatchObject({ target: 'app_sessions', rows: 2, status: 'succeeded', overall: 1 });
    expect(await left()).toBe(2);
    expect((await maintenance.history({ task: 'cleanup' }))[0]?.summary).toBe('deleted 2 rows');
  });

  it('has metrics of its own', async () => {
    await insert(...ends(LONG_AGO, LONG_AGO));
    const maintenance = await boot();
    const label = { tenxyte_maintenance_cleanup_target: 'app_sessions' };
    expect((await scrape()).value('tenxyte_maintenance_backlog_rows', label)).toBe(2);
    await maintenance.cleanup();
    expect((await scrape()).value('tenxyte_maintenance_cleanup_rows_total', label)).toBe(2);
  });

  it.each<[string, Pick<OwnCleanupTarget, 'dueWhen' | 'retention'>, readonly string[], number]>([
    ['a flag', { dueWhen: { isTrue: 'isUsed' } }, [`(ends, used) values (now(), true)`, ...ends(LONG_AGO)], 1],
    [
      'an age and what is missing',
      { dueWhen: { allOf: [{ before: 'expiresAt', days: 30 }, { isNull: 'closedAt' }] } },
      [`(ends, closed) values ('${LONG_AGO}', now())`, ...ends(LONG_AGO)],
      1,
    ],
    [
      'a retention of its own, or the grace of all that expires',
      {
        dueWhen: {
          anyOf: [
            { before: 'closedAt', cutoff: 'retention' },
            { before: 'expiresAt', cutoff: 'expiredGraceMinutes' },
          ],
        },
        retention: { days: 30 },
      },
      [
        `(ends, closed) values ('2026-07-01', '${LONG_AGO}')`,
        `(ends, closed) values ('2026-07-01', '${AT_CUTOFF}')`,
        ...ends('2026-05-31T23:59:59Z', RUN_AT),
      ],
      2,
    ],
  ])('is due by %s', async (_what, part, rows, due) => {
    await insert(...rows);
    const maintenance = await boot({ targets: [{ ...SESSIONS, ...part }] });
    expect(await reportOf(maintenance, { dryRun: true })).toMatchObject({ rows: due });
    expect(await reportOf(maintenance)).toMatchObject({ rows: due, status: 'succeeded' });
    expect(await left()).toBe(rows.length - due);
  });

  it('is kept for ever by a retention of 0', async () => {
    await insert(...ends(LONG_AGO));
    const dueWhen = { before: 'expiresAt', cutoff: 'retention' } as const;
    const maintenance = await boot({ targets: [{ ...SESSIONS, dueWhen, retention: { days: 0 } }] });
    expect(await reportOf(maintenance)).toMatchObject({ skipReason: 'kept-forever', retentionDays: 0, cutoff: null });
    expect(await left()).toBe(1);
  });

  it('is partitioned', async () => {
    await database.query(`
      drop table app.app_sessions;
      create table app.app_sessions (
        id uuid default gen_random_uuid(), owner_id uuid, used boolean, closed timestamptz, ends timestamptz not null
      ) partition by range (ends);
      create table app.old_sessions partition of app.app_sessions for values from (minvalue) to ('2026-03-01');
      create table app.new_sessions partition of app.app_sessions default`);
    await insert(...ends(LONG_AGO, '2026-04-01T00:00:00Z', AT_CUTOFF));
    const maintenance = await boot();
    expect(await reportOf(maintenance)).toMatchObject({ rows: 2, status: 'succeeded' });
    expect(await left()).toBe(1);
  });

  it('is named by the naming strategy and the schema of the data source', async () => {
    @Entity({ name: 'draft' })
    class Draft {
      @PrimaryColumn({ type: 'uuid' })
      public id!: string;
      @Column({ type: 'timestamptz' })
      public madeAt!: Date;
    }
    class Loud extends DefaultNamingStrategy {
      public override columnName(name: string, custom: string): string {
        return custom || `c_${name.toLowerCase()}`;
      }
    }
    await database.query(`create table draft (c_id uuid, c_madeat timestamptz);
      insert into draft values (null, '${LONG_AGO}'), (null, '${AT_CUTOFF}')`);
    const drafts = defineCleanupTarget({
      name: 'drafts',
      entity: Draft,
      summary: 'old',
      dueWhen: { before: 'madeAt', days: 30 },
      dimensions: {},
    });
    const maintenance = await boot(
      { targets: [drafts] },
      { entities: [Draft], typeOrm: { schema: 'public', namingStrategy: new Loud() } },
    );
    const { targets } = await maintenance.cleanup({ only: ['drafts'] });
    expect(targets).toMatchObject([{ name: 'drafts', status: 'succeeded', rows: 1 }]);
    await database.query('drop table draft');
  });

  it('is chosen by only, and listed where a name is unknown', async () => {
    const maintenance = await boot();
    expect((await maintenance.cleanup({ only: ['app_sessions'] })).targets).toHaveLength(1);
    expect((await maintenance.cleanup({ only: ['otp_codes'] })).targets).toHaveLength(1);
    await expect(maintenance.cleanup({ only: ['sessions'] })).rejects.toThrow(/only\.0 is "sessions".*app_sessions/);
  });

  it('has a backlog', async () => {
    await insert(...ends(LONG_AGO, AT_CUTOFF));
    const { targets } = await (await boot()).backlog();
    expect(targets.at(-1)).toMatchObject({
      name: 'app_sessions',
      status: 'measured',
      dueRows: 1,
      oldestDueSeconds: (Date.parse(RUN_AT) - Date.parse(LONG_AGO)) / 1000 - 30 * 86_400,
    });
  });

  it('is held by the brakes, and let go by force', async () => {
    await insert(...ends(LONG_AGO, LONG_AGO));
    const maintenance = await boot({ maxRowsPerTarget: 1 });
    expect(await reportOf(maintenance)).toMatchObject({ status: 'failed', error: { code: 'BRAKE_MAX_ROWS' } });
    expect(await left()).toBe(2);
    expect(await reportOf(maintenance, { force: true })).toMatchObject({ status: 'succeeded', rows: 2 });
  });

  it('is examined by the doctor', async () => {
    const maintenance = await boot();
    const checksOf = async () =>
      (await maintenance.doctor()).checks.filter(({ subject }) => subject === 'app_sessions');
    expect(await checksOf()).toEqual([expect.objectContaining({ name: 'table', level: 'ok' })]);
    await database.query('alter table app.app_sessions alter column ends type timestamp');
    expect(await checksOf()).toEqual([
      expect.objectContaining({ name: 'columns', level: 'problem', whatToDo: expect.stringContaining('alter table') }),
    ]);
    await database.query('alter table app.app_sessions drop column ends');
    expect(await checksOf()).toEqual([
      expect.objectContaining({
        name: 'columns',
        level: 'problem',
        whatToDo: 'bring the table up to date with its entity (cleanup.targets, app_sessions)',
      }),
    ]);
    await database.query('drop table app.app_sessions');
    expect(await checksOf()).toEqual([
      expect.objectContaining({
        name: 'table',
        level: 'problem',
        message: 'there is no table "app"."app_sessions", which cleanup.targets asks for: runs skip it',
      }),
    ]);
  });

  it('is skipped where there is no such table, and fails where it was there before', async () => {
    await insert(...ends(LONG_AGO));
    await database.query('alter table app.app_sessions rename to moved');
    const maintenance = await boot();
    await database.query('truncate tenxyte_maintenance.runs');
    expect(await reportOf(maintenance)).toMatchObject({ status: 'skipped', skipReason: 'table-not-found' });
    await database.query('alter table app.moved rename to app_sessions');
    expect(await reportOf(maintenance)).toMatchObject({ status: 'succeeded', rows: 1 });
    await database.query('drop table app.app_sessions');
    expect(await reportOf(maintenance)).toMatchObject({ status: 'failed', error: { code: 'TABLE_VANISHED' } });
  });

  it('fails alone where a column is missing', async () => {
    await database.query('alter table app.app_sessions drop column ends');
    const { status, targets } = await (await boot()).cleanup({ only: ['otp_codes', 'app_sessions'] });
    expect(status).toBe('partial');
    expect(targets.at(-1)).toMatchObject({ status: 'failed', error: { code: 'COLUMN_MISSING' } });
  });

  it('may belong to another role than the tables of Tenxyte, and needs the privileges of its own', async () => {
    const [worker, owner] = [`worker_${database.name}`, `owner_${database.name}`];
    await database.query(`
      create role ${worker} login password 'w';
      create role ${owner};
      drop schema tenxyte_maintenance cascade;
      create schema tenxyte_maintenance authorization ${worker};
      grant usage on schema app to ${worker}, ${owner};
      grant select, update, delete on all tables in schema public to ${worker};
      alter table app.app_sessions owner to ${owner}`);
    const url = new URL(database.url);
    url.username = worker;
    url.password = 'w';
    await insert(...ends(LONG_AGO));
    try {
      const maintenance = await boot({}, { url: url.href });
      const checksOf = async () =>
        (await maintenance.doctor()).checks.filter(({ subject }) => subject === 'app_sessions');
      expect(await reportOf(maintenance)).toMatchObject({ status: 'failed', error: { code: 'PERMISSION_DENIED' } });
      expect(await checksOf()).toEqual([
        expect.objectContaining({ name: 'privileges', level: 'problem', whatToDo: expect.stringContaining('grant') }),
      ]);
      await database.query(`grant select, update, delete on app.app_sessions to ${worker}`);
      expect(await checksOf()).toEqual([expect.objectContaining({ name: 'table', level: 'ok' })]);
      expect(await reportOf(maintenance)).toMatchObject({ status: 'succeeded', rows: 1 });
    } finally {
      await Promise.all(open.splice(0).map((app) => app.close()));
      await database.query(
        `drop table app.app_sessions; drop owned by ${worker}, ${owner}; drop role ${worker}, ${owner}`,
      );
    }
  });
});
