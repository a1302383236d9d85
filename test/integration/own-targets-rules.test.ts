import { TypeOrmModule } from '@nestjs/typeorm';
import { Test } from '@nestjs/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  DatabaseClock,
  defineCleanupTarget,
  type OwnCleanupTarget,
  type RetentionPolicy,
  type RetentionRule,
  TenxyteMaintenanceModule,
  TenxyteMaintenanceService,
  type TenxyteMaintenanceOptions,
} from '../../src/index.js';
import { insertHeldWorld } from '../support/held-world.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN_AT = '2026-06-01T00:00:00.000000Z';
const daysAgo = (days: number): string => new Date(Date.parse(RUN_AT) - days * 86_400_000).toISOString();

@Entity({ name: 'app_events' })
class AppEvent {
  @PrimaryGeneratedColumn('uuid')
  public id!: string;

  @Column({ type: 'bigint', name: 'owner_id', nullable: true })
  public userId!: string | null;

  @Column({ type: 'bigint', name: 'client_id', nullable: true })
  public applicationId!: string | null;

  @Column({ type: 'text', name: 'what', nullable: true })
  public action!: string | null;

  @Column({ type: 'timestamptz', name: 'made_at' })
  public createdAt!: Date;
}

const EVENTS = defineCleanupTarget({
  name: 'app_events',
  entity: AppEvent,
  summary: 'older than 30 days',
  dueWhen: { before: 'createdAt', days: 30 },
  dimensions: { user: ['userId'], application: ['applicationId'], action: ['action'] },
});
const BY_RETENTION = { dueWhen: { before: 'createdAt', cutoff: 'retention' }, retention: { days: 30 } } as const;
const RULES: readonly RetentionRule[] = [
  { target: 'app_events', applicationIds: [7], days: 90 },
  { target: 'app_events', actions: ['viewed'], days: 10 },
  { target: 'app_events', organizationIds: [7], days: 'forever', priority: 1 },
  { target: 'app_events', actions: ['veiwed'], days: 5 },
];
const ROWS = [
  ['kept by default', null, null, 'signed', 29],
  ['of none', null, null, null, 31],
  ['kept by its application', null, 7, 'viewed', 90],
  ['of its application', null, 7, 'viewed', 91],
  ['kept by its action', null, 1, 'viewed', 10],
  ['of its action', null, 1, 'viewed', 11],
  ['kept by its organization', 2, 7, 'viewed', 900],
] as const;

describe("retention rules of a host's own table", () => {
  const database = useTestDatabase();
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    await insertHeldWorld(database);
    await database.query(`create table app_events (
      id uuid primary key default gen_random_uuid(), name text, owner_id bigint, client_id bigint, what text,
      made_at timestamptz)`);
  });
  beforeEach(async () => {
    await database.query('truncate app_events');
    for (const [name, owner, client, what, days] of ROWS) {
      await database.query(`insert into app_events (name, owner_id, client_id, what, made_at)
        values ('${name}', ${owner}, ${client}, ${what === null ? null : `'${what}'`}, '${daysAgo(days)}')`);
    }
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((app) => app.close()));
  });

  const boot = async (
    retention: TenxyteMaintenanceOptions['retention'] = { rules: RULES },
    target: OwnCleanupTarget = EVENTS,
  ): Promise<TenxyteMaintenanceService> => {
    const app = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0 }),
        TypeOrmModule.forFeature([AppEvent]),
        TenxyteMaintenanceModule.forRoot({ retention, cleanup: { targets: [target] } }),
      ],
    })
      .setLogger({ log() {}, warn() {}, error() {} })
      .overrideProvider(DatabaseClock)
      .useValue({ now: async () => RUN_AT })
      .compile();
    open.push(app);
    await app.init();
    return app.get(TenxyteMaintenanceService);
  };
  const left = async (): Promise<string[]> =>
    (await database.query<{ name: string }>('select name from app_events order by name')).map(({ name }) => name);
  const provided = (rules: readonly RetentionRule[]) => ({
    useFactory: () => ({ getRetention: (): RetentionPolicy => ({ rules }) }),
  });

  it.each<[string, OwnCleanupTarget, TenxyteMaintenanceOptions['retention']]>([
    ['the days of its condition', EVENTS, { rules: RULES }],
    ['its retention', { ...EVENTS, ...BY_RETENTION }, { rules: RULES }],
    ['its days, as a provider says', EVENTS, provided(RULES)],
  ])('stand in place of %s, in a dry run, the backlog and a run', async (_, target, retention) => {
    const maintenance = await boot(retention, target);
    const only = ['app_events'];
    const dry = await maintenance.cleanup({ only, dryRun: true });
    const backlog = (await maintenance.backlog()).targets.find(({ name }) => name === 'app_events');
    const run = await maintenance.cleanup({ only });
    expect(await left()).toEqual(ROWS.flatMap(([name]) => (name.startsWith('kept') ? [name] : [])).sort());
    expect(backlog).toMatchObject({ dueRows: 3 });
    expect(run.targets[0]).toMatchObject({ status: 'succeeded', rows: 3, retentionDays: 30 });
    expect(run.targets[0]?.rules).toEqual(dry.targets[0]?.rules);
    expect(run.targets[0]?.rules?.map(({ rule, days, rows, hasMatches }) => [rule, days, rows, hasMatches])).toEqual([
      ['organization 7, priority 1', 'forever', 0, true],
      ['application 7', 90, 1, true],
      ['action viewed', 10, 1, true],
      ['action veiwed', 5, 0, false],
      ['default', 30, 1, null],
    ]);
  });

  it('delete where its retention is forever', async () => {
    const rules: RetentionRule[] = [{ target: 'app_events', applicationIds: [7], days: 90 }];
    const maintenance = await boot({ rules }, { ...EVENTS, ...BY_RETENTION, retention: { days: 0 } });
    expect((await maintenance.cleanup({ only: ['app_events'] })).rows).toBe(2);
    expect(await left()).toHaveLength(ROWS.length - 2);
  });

  it('are explained, and stand in the document', async () => {
    const maintenance = await boot();
    const asked = { target: 'app_events', action: 'viewed', applicationId: 7, organizationId: 7 } as const;
    const { winner, runnersUp } = await maintenance.explainRetention(asked);
    expect([winner, ...runnersUp].map(({ index }) => index)).toEqual([2, 0, 1, null]);
    expect(runnersUp.at(-1)).toMatchObject({ rule: 'default', days: 30, cutoff: '2026-05-02T00:00:00.000000Z' });
    await expect(maintenance.explainRetention({ target: 'events' })).rejects.toThrow(
      'target is "events", accepted is one of login_attempts, audit_logs, refresh_tokens, magic_link_tokens, app_events',
    );
    await expect(maintenance.explainRetention({ target: 'login_attempts', action: 'viewed' })).rejects.toThrow(
      'action is given for login_attempts, accepted is given for audit_logs, app_events',
    );
    await expect(maintenance.explainRetention({ target: 'app_events', createdAt: RUN_AT })).rejects.toThrow(
      'createdAt is given for app_events, whose days count as its condition says',
    );
    const { targets, markdown } = await maintenance.retentionSchedule();
    expect(targets.at(-1)).toMatchObject({ name: 'app_events', isIncluded: true, deletedWhen: 'older than 30 days' });
    expect(targets.at(-1)?.rules.map(({ index }) => index)).toEqual([2, 0, 1, 3, null]);
    expect(markdown).toContain('|  | older than 30 days | all others | 30 days |');
  });

  it.each<[string, RetentionRule, string]>([
    [
      'a target that there is none of',
      { target: 'events', actions: ['viewed'], days: 5 },
      'rules.0.target is "events", accepted is one of login_attempts, audit_logs, refresh_tokens, magic_link_tokens, app_events',
    ],
    [
      'a dimension that it does not declare',
      { target: 'app_events', actions: ['viewed'], days: 5 },
      'rules.0.actions is a dimension that app_events does not have, accepted is of app_events: applicationIds',
    ],
  ])('are refused of %s, at start-up and of a provider', async (_, rule, sentence) => {
    const target = { ...EVENTS, dimensions: { application: ['applicationId'] } };
    await expect(boot({ rules: [rule] }, target)).rejects.toThrow(`retention.${sentence}`);
    const maintenance = await boot(provided([rule]), target);
    await expect(maintenance.cleanup()).rejects.toThrow(`getRetention(): ${sentence}`);
    expect(await left()).toHaveLength(ROWS.length);
  });

  it('are refused when they tie', async () => {
    const one: RetentionRule = { target: 'app_events', actions: ['viewed'], days: 5 };
    await expect(boot({ rules: [one, { ...one, days: 6 }] })).rejects.toThrow(
      'retention.rules.1 is a tie: app_events of',
    );
  });

  it('fail it when they name an id that its column cannot hold', async () => {
    const maintenance = await boot({ rules: [{ target: 'app_events', applicationIds: ['seven'], days: 5 }] });
    const { targets } = await maintenance.cleanup({ only: ['app_events'] });
    expect(targets).toMatchObject([{ status: 'failed', error: { code: 'RETENTION_RULE' } }]);
  });
});
