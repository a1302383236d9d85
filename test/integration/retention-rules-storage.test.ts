import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { CleanupReport, RetentionPolicy } from '../../src/index.js';
import { maintenanceApp, type MaintenanceApp } from '../support/maintenance-app.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const RUN_AT = '2026-03-01T03:00:00.000000Z';
const TENANT = '7f6c2c0e-9f0b-4d6e-8a51-0c8a52b1d6a7';

@Entity({ name: 'tenant_attempts', synchronize: false })
class TenantAttempt {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'tenant', type: 'uuid' })
  public applicationId!: string;
}

@Entity({ name: 'typed_audits', synchronize: false })
class TypedAudit {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'kind', type: 'varchar' })
  public action!: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ name: 'application_id', type: 'int' })
  public applicationId!: number;
}

describe('retention rules on tables of every kind', () => {
  const database = useTestDatabase();
  let app: MaintenanceApp | undefined;

  beforeAll(() => insertReferences(database));
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const clean = async (
    retention: RetentionPolicy,
    only: 'audit_logs' | 'login_attempts',
    entities: object = {},
  ): Promise<CleanupReport['targets'][number]> => {
    app = await maintenanceApp(database.url, { runAt: RUN_AT, options: { retention, entities } });
    const counted = await app.maintenance.cleanup({ only: [only], dryRun: true });
    const deleted = await app.maintenance.cleanup({ only: [only] });
    expect(deleted.targets[0]?.rules).toEqual(counted.targets[0]?.rules);
    expect(deleted.targets[0]).toMatchObject({ status: 'succeeded', strategy: counted.targets[0]?.strategy });
    return deleted.targets[0] as CleanupReport['targets'][number];
  };

  it('follow an index on the age, up to the latest cutoff of all', async () => {
    await database.query(`
      insert into audit_logs (action, user_agent, details, created_at)
      select case when n % 10 = 0 then 'login' else 'logout' end, repeat('x', 200), '{}',
             timestamptz '${RUN_AT}' - n * interval '1 hour'
      from generate_series(1, 20000) as n`);
    await database.query('vacuum analyze audit_logs');
    const { rules, strategy, rows } = await clean(
      { auditLogDays: 830, rules: [{ target: 'audit_logs', actions: ['login'], days: 810 }] },
      'audit_logs',
    );
    expect(strategy).toBe('age-index');
    // Of every tenth hour: 20,000 hours are 833.3 days.
    expect(rules).toMatchObject([{ rows: (20_000 - 810 * 24) / 10 }, { rows: 72 }]);
    expect(rows).toBe((20_000 - 810 * 24) / 10 + 72);
  });

  it('are counted over all partitions', async () => {
    await database.query(`
      alter table login_attempts rename to old_attempts;
      create table login_attempts (like old_attempts including defaults) partition by range (created_at);
      create table attempts_of_2025 partition of login_attempts for values from ('2025-01-01') to ('2026-01-01');
      create table attempts_of_2026 partition of login_attempts for values from ('2026-01-01') to ('2027-01-01');
      insert into login_attempts (id, identifier, ip_address, success, failure_reason, created_at, application_id)
      select n, '', '10.0.0.1', true, '', timestamptz '${RUN_AT}' - n * interval '24 hours', n % 2
      from generate_series(1, 200) as n`);
    const rules = [
      { target: 'login_attempts', applicationIds: [1], days: 20 },
      { target: 'login_attempts', applicationIds: [2], days: 5 },
    ] as const;
    expect(await clean({ loginAttemptsDays: 100, rules }, 'login_attempts')).toMatchObject({
      rows: 140,
      rules: [
        { index: 0, rows: 90, hasMatches: true },
        { index: 1, rows: 0, hasMatches: false },
        { index: null, rows: 50 },
      ],
    });
  });

  it('compare uuids as uuids, and refuse what is none', async () => {
    await database.query(`
      create table tenant_attempts (id bigint generated always as identity, created_at timestamptz, tenant uuid);
      insert into tenant_attempts (created_at, tenant)
      select timestamptz '${RUN_AT}' - interval '31 days', case when n = 1 then '${TENANT}'::uuid else gen_random_uuid() end
      from generate_series(1, 3) as n`);
    const rule = { target: 'login_attempts', applicationIds: [TENANT], days: 30 } as const;
    const entities = { LoginAttempt: TenantAttempt };
    expect(await clean({ rules: [rule] }, 'login_attempts', entities)).toMatchObject({
      rules: [{ rows: 1 }, { rows: 0 }],
    });
    await app?.close();
    const retention = { rules: [{ ...rule, applicationIds: [TENANT.toUpperCase()] }] };
    app = await maintenanceApp(database.url, { runAt: RUN_AT, options: { retention, entities } });
    expect((await app.maintenance.cleanup({ only: ['login_attempts'] })).targets[0]?.error).toMatchObject({
      code: 'RETENTION_RULE',
      message: expect.stringContaining('tenant_attempts.tenant is uuid, which takes a uuid in small letters'),
    });
  });

  it('compare an enumeration as text, an integer as an integer, and quotes and backslashes as they are', async () => {
    await database.query(String.raw`
      create type kind as enum ('login', 'it''s "a" \ {b,c}');
      create table typed_audits (id bigint generated always as identity, kind kind, created_at timestamptz, application_id int);
      insert into typed_audits (kind, created_at, application_id)
      select unnest(enum_range(null::kind)), timestamptz '${RUN_AT}' - interval '31 days', n from generate_series(1, 3) as n`);
    const odd = String.raw`it's "a" \ {b,c}`;
    const rules = [
      { target: 'audit_logs', actions: [odd, 'nothing, as no such value is in the enumeration'], days: 30 },
      { target: 'audit_logs', applicationIds: [2, 3], days: 'forever' },
    ] as const;
    expect(await clean({ rules }, 'audit_logs', { AuditLog: TypedAudit })).toMatchObject({
      rules: [
        { index: 1, rows: 0, hasMatches: true },
        { index: 0, rows: 1 },
        { index: null, rows: 0 },
      ],
    });
  });

  it('refuse at start-up an entity that does not map what they go by', async () => {
    const retention: RetentionPolicy = { rules: [{ target: 'audit_logs', organizationIds: [2], days: 30 }] };
    await expect(
      maintenanceApp(database.url, { options: { retention, entities: { AuditLog: TypedAudit } } }),
    ).rejects.toThrow('a class that maps a property "onBehalfOfId" or a column "on_behalf_of_id"');
  });

  it('refuse a table without the column that they go by, and that table alone', async () => {
    await database.query('alter table typed_audits drop column application_id');
    app = await maintenanceApp(database.url, {
      runAt: RUN_AT,
      options: {
        retention: { rules: [{ target: 'audit_logs', applicationIds: [2], days: 30 }] },
        entities: { AuditLog: TypedAudit },
      },
    });
    const report = await app.maintenance.cleanup({ only: ['audit_logs', 'otp_codes'] });
    expect(report.targets).toMatchObject([
      { status: 'succeeded' },
      { status: 'failed', error: { code: 'COLUMN_MISSING' } },
    ]);
  });
});
