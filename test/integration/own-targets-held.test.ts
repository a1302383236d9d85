import { TypeOrmModule } from '@nestjs/typeorm';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  defineCleanupTarget,
  type HoldPlacement,
  LegalHoldService,
  TenxyteMaintenanceModule,
  TenxyteMaintenanceService,
} from '../../src/index.js';
import { insertHeldWorld, OWNERS } from '../support/held-world.js';
import { useTestDatabase } from '../support/test-database.js';

@Entity({ name: 'app_sessions' })
class AppSession {
  @PrimaryGeneratedColumn('uuid')
  public id!: string;

  @Column({ type: 'bigint', name: 'owner_id', nullable: true })
  public userId!: string | null;

  @Column({ type: 'text', name: 'typed' })
  public email!: string;

  @Column({ type: 'bigint', name: 'client_id' })
  public applicationId!: string;

  @Column({ type: 'timestamptz', name: 'made_at' })
  public createdAt!: Date;
}

const SESSIONS = {
  name: 'app_sessions',
  entity: AppSession,
  summary: 'made more than 30 days ago',
  dueWhen: { before: 'createdAt', days: 30 },
} as const;
const TELLING = defineCleanupTarget({
  ...SESSIONS,
  dimensions: { user: ['userId'], identifier: ['email'], application: ['applicationId'], created: ['createdAt'] },
});
const SILENT = defineCleanupTarget({ ...SESSIONS, dimensions: {} });
const WHO = { caseRef: 'CASE-1', reason: 'a lawsuit', placedBy: 'counsel' };
const EVERYBODY = OWNERS.map(({ name }) => name);

/** What a hold names, and whose rows it keeps. */
const SCOPES: readonly (readonly [string, Omit<HoldPlacement, keyof typeof WHO>, readonly string[]])[] = [
  ['a user', { userId: 1 }, ['ann', 'ann later']],
  ['identifiers', { identifiers: ['BOB@example.com', '+331234'] }, ['bob']],
  ['an identifier that nobody is known by', { identifiers: ['Stranger'] }, ['nobody']],
  ['an application', { applicationId: '2' }, ['ann later', 'bob']],
  ['an organization', { organizationId: 7 }, ['bob']],
  ['a time', { createdFrom: new Date('2001-06-01T00:00:00Z') }, ['ann later']],
  ['a user and an application at once', { userId: 1, applicationId: 1 }, ['ann']],
  ['everything', { everything: true }, EVERYBODY],
  ['the target', { target: 'app_sessions' }, EVERYBODY],
  ['a user of the target', { target: 'app_sessions', userId: 2 }, ['bob']],
  ['another target', { target: 'audit_logs', userId: 1 }, []],
];

describe("legal holds on a host's own table", () => {
  const database = useTestDatabase();
  const apps = new Map<string, TestingModule>();

  const boot = async (target: typeof TELLING): Promise<TestingModule> => {
    const app = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0 }),
        TypeOrmModule.forFeature([AppSession]),
        TenxyteMaintenanceModule.forRoot({ cleanup: { targets: [target] }, holds: { coolDownDays: 0 } }),
      ],
    })
      .setLogger({ log() {}, warn() {}, error() {} })
      .compile();
    return app.init();
  };
  const of = (name: 'telling' | 'silent') => {
    const app = apps.get(name);
    if (app === undefined) {
      throw new Error(`no app ${name}`);
    }
    return { holds: app.get(LegalHoldService), maintenance: app.get(TenxyteMaintenanceService) };
  };

  beforeAll(async () => {
    await insertHeldWorld(database);
    await database.query(`
      create table app_sessions (
        id uuid primary key default gen_random_uuid(), name text, owner_id bigint, typed text, client_id bigint,
        made_at timestamptz
      )`);
    apps.set('telling', await boot(TELLING));
    apps.set('silent', await boot(SILENT));
  });
  afterAll(async () => {
    await Promise.all([...apps.values()].map((app) => app.close()));
  });
  afterEach(async () => {
    const { holds } = of('telling');
    for (const { id } of await holds.list()) {
      await holds.release(id, { reason: 'the test is over', releasedBy: 'counsel' });
    }
  });

  const insertSessions = async (): Promise<void> => {
    const rows = OWNERS.map(
      ({ name, user, identifier, application, created }) =>
        `('${name}', ${user ?? 'null'}, '${identifier}', ${application}, '${created}')`,
    );
    await database.query(`truncate app_sessions;
      insert into app_sessions (name, owner_id, typed, client_id, made_at) values ${rows.join(', ')}`);
  };
  const left = async (): Promise<string[]> =>
    (await database.query<{ name: string }>('select name from app_sessions order by name')).map(({ name }) => name);
  const clean = async (maintenance: TenxyteMaintenanceService) => {
    const only = ['app_sessions'];
    const dry = await maintenance.cleanup({ only, dryRun: true });
    const run = await maintenance.cleanup({ only });
    return { dry, run };
  };

  it.each(SCOPES)('keep what a hold on %s names and nothing else, in a dry run as in a run', async (_, scope, kept) => {
    await insertSessions();
    const { holds, maintenance } = of('telling');
    await holds.place({ ...WHO, ...scope });
    const { dry, run } = await clean(maintenance);
    expect(await left()).toEqual([...kept].sort());
    for (const report of [dry, run]) {
      expect(report).toMatchObject({
        rows: EVERYBODY.length - kept.length,
        targets: [{ name: 'app_sessions', heldRows: kept.length }],
      });
    }
  });

  it.each(SCOPES.filter(([, { target }]) => target !== 'audit_logs'))(
    'keep it whole where it does not say what a hold on %s names',
    async (_, scope) => {
      await insertSessions();
      const { holds, maintenance } = of('silent');
      const { id } = await holds.place({ ...WHO, ...scope });
      const { dry, run } = await clean(maintenance);
      expect(await left()).toEqual([...EVERYBODY].sort());
      for (const report of [dry, run]) {
        expect(report).toMatchObject({ rows: 0, targets: [{ skipReason: 'held', heldRows: EVERYBODY.length }] });
      }
      expect((await holds.show(id)).heldWhole).toContain('app_sessions');
    },
  );

  it('are explained for a row of it, and shown', async () => {
    const { holds } = of('telling');
    const { id } = await holds.place({ ...WHO, userId: 1 });
    const idsOf = async (row: object) =>
      (await holds.explain({ target: 'app_sessions', ...row })).map((hold) => hold.id);
    expect(await idsOf({ userId: 1 })).toEqual([id]);
    expect(await idsOf({ userId: 2, identifier: 'bob', applicationId: 1 })).toEqual([]);
    expect(await idsOf({ identifier: 'ANN@example.com' })).toEqual([id]);
    expect((await holds.show(id)).heldWhole).not.toContain('app_sessions');
    const whole = await holds.place({ ...WHO, target: 'app_sessions' });
    expect(whole.target).toBe('app_sessions');
    expect((await holds.show(whole.id)).heldWhole).toEqual(['app_sessions']);
  });

  it('of a target that there is none of are refused, with all there are', async () => {
    const { holds } = of('telling');
    const known = /target is "sessions", accepted is one of .*audit_logs.*app_sessions/;
    await expect(holds.place({ ...WHO, target: 'sessions' })).rejects.toThrow(known);
    await expect(holds.explain({ target: 'sessions' })).rejects.toThrow(known);
  });
});
