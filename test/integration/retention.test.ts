import { Inject, Injectable, Module } from '@nestjs/common';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  MaintenanceConfigError,
  RetentionBoundsError,
  RetentionProvider,
  RetentionProviderError,
} from '../../src/index.js';
import type { CleanupRequest, RetentionPolicy, TenxyteMaintenanceModule } from '../../src/index.js';
import type { MaintenanceApp } from '../support/maintenance-app.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN_AT = '2026-03-01T03:00:00.000000Z';
const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.parse('2026-03-01T03:00:00Z') - days * DAY_MS).toISOString();

type Options = Parameters<typeof TenxyteMaintenanceModule.forRoot>[0];

const POLICY_TABLE = Symbol('POLICY_TABLE');

@Injectable()
class TablePolicy extends RetentionProvider {
  public constructor(@Inject(POLICY_TABLE) private readonly table: { loginAttemptsDays: number }) {
    super();
  }

  public override async getRetention(): Promise<RetentionPolicy> {
    return { loginAttemptsDays: this.table.loginAttemptsDays };
  }
}

describe('the retention policy', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp | undefined;

  beforeAll(() => insertReferences(database));
  beforeEach(async () => {
    await database.query('truncate login_attempts, refresh_tokens');
    await insertRows(
      database,
      'login_attempts',
      [5, 15, 25, 95, 400].map((age) => ({ created_at: daysAgo(age) })),
    );
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const start = async (options?: Options): Promise<MaintenanceApp> => {
    app = await maintenanceApp(database.url, { runAt: RUN_AT, ...(options === undefined ? {} : { options }) });
    return app;
  };
  const attemptsLeft = async (): Promise<number> =>
    Number((await database.query<{ count: string }>('select count(*) from login_attempts'))[0]?.count);
  const refused = async (options: Options, request: CleanupRequest = {}): Promise<unknown> => {
    const error: unknown = await (await start(options)).maintenance.cleanup(request).catch((thrown: unknown) => thrown);
    expect(await attemptsLeft()).toBe(5);
    return error;
  };

  it('is the default of 90 days when nothing is said', async () => {
    await (await start()).maintenance.cleanup();
    expect(await attemptsLeft()).toBe(3);
  });

  it('comes from plain values', async () => {
    const { maintenance } = await start({ retention: { loginAttemptsDays: 10 } });
    expect(await maintenance.cleanup({ only: ['login_attempts'] })).toMatchObject({
      rows: 4,
      targets: [{ retentionDays: 10, cutoff: '2026-02-19T03:00:00.000000Z' }],
    });
  });

  it('keeps everything when it is 0', async () => {
    const { maintenance } = await start({ retention: { loginAttemptsDays: 0 } });
    expect(await maintenance.cleanup({ only: ['login_attempts'] })).toMatchObject({
      status: 'succeeded',
      targets: [{ status: 'skipped', skipReason: 'kept-forever', rows: 0, cutoff: null, strategy: null }],
    });
    expect(await attemptsLeft()).toBe(5);
  });

  it('can be overridden by a call, for that run alone', async () => {
    const { maintenance } = await start({ retention: { loginAttemptsDays: 0 } });
    expect(await maintenance.cleanup({ loginAttemptsDays: 90 })).toMatchObject({ rows: 2 });
    expect(await maintenance.cleanup({ loginAttemptsDays: 20 })).toMatchObject({ rows: 1 });
    expect(await maintenance.cleanup()).toMatchObject({ rows: 0 });
  });

  it('comes from useClass, with its dependencies, and is asked at every run', async () => {
    const table = { loginAttemptsDays: 90 };
    @Module({ providers: [{ provide: POLICY_TABLE, useValue: table }], exports: [POLICY_TABLE] })
    class PolicyModule {}
    const { maintenance } = await start({ retention: { useClass: TablePolicy }, imports: [PolicyModule] });
    expect(await maintenance.cleanup()).toMatchObject({ rows: 2 });
    table.loginAttemptsDays = 10;
    expect(await maintenance.cleanup()).toMatchObject({ rows: 2 });
    expect(await attemptsLeft()).toBe(1);
  });

  it('comes from useExisting and from useFactory with inject, wherever they are provided', async () => {
    const table = { loginAttemptsDays: 90 };
    @Module({ providers: [{ provide: POLICY_TABLE, useValue: table }, TablePolicy], exports: [TablePolicy] })
    class PolicyModule {}
    const existing = await start({ retention: { useExisting: TablePolicy }, imports: [PolicyModule] });
    expect(await existing.maintenance.cleanup()).toMatchObject({ rows: 2 });
    await existing.close();
    const useFactory = (policyTable: typeof table) => ({
      getRetention: () => ({ loginAttemptsDays: policyTable.loginAttemptsDays - 80 }),
    });
    const made = await start({ retention: { useFactory, inject: [POLICY_TABLE] }, imports: [PolicyModule] });
    expect(await made.maintenance.cleanup()).toMatchObject({ rows: 2 });
  });

  it('fails the run before anything is deleted when the provider throws', async () => {
    const getRetention = (): never => {
      throw new Error('flag service is down at https://user:hunter2@flags');
    };
    const error = await refused({ retention: { useFactory: () => ({ getRetention }) } });
    expect(error).toBeInstanceOf(RetentionProviderError);
    expect(String(error)).toContain('flag service is down');
    expect(String(error)).not.toContain('hunter2');
  });

  it.each([
    ['a negative number', { loginAttemptsDays: -1 }],
    ['text', { loginAttemptsDays: '90' }],
    ['a misspelt field', { loginAttemptDays: 90 }],
    ['a field without value', { loginAttemptsDays: undefined }],
    ['nothing', undefined],
  ])('fails the run before anything is deleted when the provider answers %s', async (_name, answer) => {
    const getRetention = () => answer as RetentionPolicy;
    expect(await refused({ retention: { useFactory: () => ({ getRetention }) } })).toBeInstanceOf(
      MaintenanceConfigError,
    );
  });

  it.each([
    ['a provider', { retention: { useFactory: () => ({ getRetention: () => ({ loginAttemptsDays: 10 }) }) } }, {}],
    ['a call', {}, { loginAttemptsDays: 10 }],
    ['a call that keeps forever', {}, { loginAttemptsDays: 0 }],
    ['a dry run', {}, { loginAttemptsDays: 10, dryRun: true }],
  ] as const)('is refused outside the retention bounds when it comes from %s', async (_name, options, request) => {
    const retentionBounds = { loginAttemptsDays: { minDays: 30, maxDays: 180 } };
    expect(await refused({ ...options, retentionBounds }, request)).toBeInstanceOf(RetentionBoundsError);
  });

  it('keeps a revoked refresh token for its grace, but not an expired one', async () => {
    await insertRows(database, 'refresh_tokens', [
      { is_revoked: true, last_used_at: daysAgo(6) },
      { is_revoked: true, last_used_at: daysAgo(7) },
      { is_revoked: true, last_used_at: daysAgo(8) },
      { is_revoked: true, last_used_at: daysAgo(1), expires_at: daysAgo(1) },
    ]);
    const { maintenance } = await start({ retention: { revokedRefreshTokenGraceDays: 7 } });
    expect(await maintenance.cleanup({ only: ['refresh_tokens'] })).toMatchObject({ rows: 2 });
    expect(await database.query('select last_used_at from refresh_tokens')).toHaveLength(2);
  });

  it('lets what has expired wait for expiredGraceMinutes', async () => {
    await insertRows(database, 'refresh_tokens', [
      { expires_at: '2026-03-01T02:49:59.999999Z' },
      { expires_at: '2026-03-01T02:50:00Z' },
    ]);
    const { maintenance } = await start({ retention: { expiredGraceMinutes: 10 } });
    expect(await maintenance.cleanup({ only: ['refresh_tokens'] })).toMatchObject({
      rows: 1,
      targets: [{ cutoff: '2026-03-01T02:50:00.000000Z', retentionDays: null }],
    });
  });
});
