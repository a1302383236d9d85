import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Column, DataSource, DefaultNamingStrategy, Entity, PrimaryColumn } from 'typeorm';
import type { Repository } from 'typeorm';
import type { TestingModule } from '@nestjs/testing';
import {
  CleanupService,
  MaintenanceConfigError,
  TENXYTE_ENTITIES,
  TenxyteLoginAttempt,
  TenxyteMaintenanceModule,
  TenxyteMaintenanceService,
} from '../../src/index.js';
import type { TenxyteMaintenanceOptions } from '../../src/index.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

type Imports = NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>;

/** A host's own class for refresh tokens, with its own property names. */
@Entity({ name: 'sessions', schema: 'auth', synchronize: false })
class Session {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column({ name: 'valid_until', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'is_revoked', type: 'boolean' })
  public revoked!: boolean;

  @Column({ name: 'last_used_at', type: 'timestamptz' })
  public lastUsedAt!: Date;
}

@Entity({ name: 'no_expiry', synchronize: false })
class NoExpiry {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;
}

/** A host's table that its own `synchronize: true` looks after. */
@Entity({ name: 'orders' })
class Order {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;
}

/** The host's own, synchronised class on a table that this package maps too, with a column that it does not map. */
@Entity({ name: 'otp_codes' })
class HostOtpCode {
  @PrimaryColumn({ type: 'bigint', generated: 'identity' })
  public id!: string;

  @Column({ type: 'varchar', length: 64 })
  public code!: string;

  @Column({ name: 'otp_type', type: 'varchar', length: 20 })
  public otpType!: string;

  @Column({ name: 'is_used', type: 'boolean' })
  public isUsed!: boolean;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  public expiresAt!: Date;

  @Column({ name: 'created_at', type: 'timestamptz' })
  public createdAt!: Date;

  @Column({ type: 'integer' })
  public attempts!: number;

  @Column({ name: 'max_attempts', type: 'integer' })
  public maxAttempts!: number;

  @Column({ name: 'user_id', type: 'bigint' })
  public userId!: string;

  @Column({ type: 'varchar', default: 'email' })
  public channel!: string;
}

describe('TenxyteMaintenanceModule', () => {
  const database = useTestDatabase();
  let app: TestingModule | undefined;

  beforeAll(async () => {
    await insertReferences(database);
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const typeOrm = (extra: object = {}): Imports[number] =>
    TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0, ...extra });
  const boot = async (...imports: Imports): Promise<TestingModule> => {
    app = await Test.createTestingModule({ imports })
      .setLogger({ log() {}, warn() {}, error() {} })
      .compile();
    await app.init();
    return app;
  };
  const cleanup = async (module: TestingModule): Promise<string> =>
    (await module.get(TenxyteMaintenanceService).cleanup()).status;

  it('works without any option', async () => {
    expect(await cleanup(await boot(typeOrm(), TenxyteMaintenanceModule.forRoot()))).toBe('succeeded');
  });

  it.each([
    ['useFactory', { inject: [], useFactory: () => ({ retention: { loginAttemptsDays: 1 } }) }],
    ['an async useFactory', { useFactory: async () => ({ retention: { loginAttemptsDays: 1 } }) }],
    [
      'useClass',
      {
        useClass: class {
          public createTenxyteMaintenanceOptions(): TenxyteMaintenanceOptions {
            return { retention: { loginAttemptsDays: 1 } };
          }
        },
      },
    ],
  ])('takes its options from %s', async (_name, source) => {
    const module = await boot(typeOrm(), TenxyteMaintenanceModule.forRootAsync(source));
    const report = await module.get(CleanupService).cleanup({ only: ['login_attempts'], dryRun: true });
    expect(report.targets[0]?.retentionDays).toBe(1);
  });

  it('takes its options from useExisting', async () => {
    @Injectable()
    class Settings {
      public createTenxyteMaintenanceOptions(): TenxyteMaintenanceOptions {
        return { retention: { loginAttemptsDays: 2 } };
      }
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    const module = await boot(
      typeOrm(),
      TenxyteMaintenanceModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings }),
    );
    const report = await module.get(CleanupService).cleanup({ only: ['login_attempts'], dryRun: true });
    expect(report.targets[0]?.retentionDays).toBe(2);
  });

  it.each([
    ['forRoot', (options: object) => TenxyteMaintenanceModule.forRoot(options)],
    ['forRootAsync', (options: object) => TenxyteMaintenanceModule.forRootAsync({ useFactory: () => options })],
  ])('refuses bad options of %s at start-up, all of them at once', async (_name, mount) => {
    const options = { retention: { auditLogDays: -1, loginAttemptsDays: NaN }, schedul: {} };
    const error: unknown = await boot(typeOrm(), mount(options)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MaintenanceConfigError);
    expect(error instanceof MaintenanceConfigError && error.problems).toHaveLength(3);
  });

  it('exports its services and repositories, to importers or to everyone', async () => {
    @Injectable()
    class Reader {
      public constructor(public readonly maintenance: TenxyteMaintenanceService) {}
    }
    @Module({ providers: [Reader] })
    class ReaderModule {}
    const module = await boot(typeOrm(), TenxyteMaintenanceModule.forRoot({ isGlobal: true }), ReaderModule);
    expect(module.get(Reader).maintenance).toBeInstanceOf(TenxyteMaintenanceService);
    for (const entity of Object.values(TENXYTE_ENTITIES)) {
      const repository: Repository<object> = module.get(getRepositoryToken(entity));
      expect(await repository.count()).toBeGreaterThanOrEqual(0);
    }
  });

  it('works on the data source it is told to', async () => {
    const [id = ''] = await insertRows(database, 'login_attempts', [{ created_at: '2001-01-01' }]);
    const module = await boot(
      TypeOrmModule.forRoot({ type: 'postgres', url: database.serverUrl, autoLoadEntities: true, retryAttempts: 0 }),
      typeOrm({ name: 'auth' }),
      TenxyteMaintenanceModule.forRoot({ dataSource: 'auth' }),
    );
    expect(await cleanup(module)).toBe('succeeded');
    expect(await database.query('select 1 from login_attempts where id = $1', [id])).toEqual([]);
    expect(module.get(getRepositoryToken(TenxyteLoginAttempt, 'auth'))).toBeDefined();
    expect(module.get<DataSource>(getDataSourceToken('auth')).hasMetadata(TenxyteLoginAttempt)).toBe(true);
  });

  it("cleans the host's own entity in place of its own: another schema, table and column names", async () => {
    await database.query('create schema auth');
    await database.query(
      'create table auth.sessions (id bigint primary key, valid_until timestamptz, is_revoked boolean, last_used_at timestamptz)',
    );
    await database.query(
      `insert into auth.sessions values (1, '2001-01-01', false, now()), (2, 'infinity', true, now()), (3, 'infinity', false, now())`,
    );
    const [untouched = ''] = await insertRows(database, 'refresh_tokens', [{ expires_at: '2001-01-01' }]);
    const module = await boot(typeOrm(), TenxyteMaintenanceModule.forRoot({ entities: { RefreshToken: Session } }));
    const report = await module.get(TenxyteMaintenanceService).cleanup({ only: ['refresh_tokens'] });
    expect(report).toMatchObject({ status: 'succeeded', rows: 2 });
    expect(await database.query('select id from auth.sessions')).toEqual([{ id: '3' }]);
    expect(await database.query('select id from refresh_tokens where id = $1', [untouched])).toHaveLength(1);
  });

  it('follows a naming strategy and a default schema', async () => {
    class Prefixed extends DefaultNamingStrategy {
      public override tableName(target: string, given: string | undefined): string {
        return `tx_${super.tableName(target, given)}`;
      }
    }
    await database.query('create schema "Odd ""schema"');
    await database.query('create table "Odd ""schema".tx_login_attempts (id bigint, created_at timestamptz)');
    await database.query(`insert into "Odd ""schema".tx_login_attempts values (1, '2001-01-01'), (2, now())`);
    const module = await boot(
      typeOrm({ namingStrategy: new Prefixed(), schema: 'Odd "schema' }),
      TenxyteMaintenanceModule.forRoot(),
    );
    const report = await module.get(TenxyteMaintenanceService).cleanup({ only: ['login_attempts'] });
    expect(report).toMatchObject({ status: 'succeeded', rows: 1 });
    expect(await database.query('select id from "Odd ""schema".tx_login_attempts')).toEqual([{ id: '2' }]);
  });

  it('refuses a replacement for an entity that there is none of', () => {
    const entities = { RefreshTokens: Session } as object;
    expect(() => TenxyteMaintenanceModule.forRoot({ entities })).toThrow(
      'entities.RefreshTokens is not a Tenxyte entity',
    );
  });

  it("refuses at start-up a host's entity that lacks a column, and entities that nobody registered", async () => {
    await expect(
      boot(typeOrm(), TenxyteMaintenanceModule.forRoot({ entities: { RefreshToken: NoExpiry } })),
    ).rejects.toThrow('entities.RefreshToken is NoExpiry without "expiresAt"');
    const entities = { RefreshToken: NoExpiry, AgentToken: NoExpiry };
    await expect(boot(typeOrm(), TenxyteMaintenanceModule.forRoot({ entities }))).rejects.toThrow(
      /docs\/entities\.md.*RefreshToken.*"expiresAt".*"isRevoked".*"lastUsedAt".*AgentToken.*"suspendedReason"/,
    );
    await expect(
      boot(typeOrm({ autoLoadEntities: false, entities: [] }), TenxyteMaintenanceModule.forRoot()),
    ).rejects.toThrow('autoLoadEntities');
  });

  it('costs a host with synchronize: true no column, no index and no row', async () => {
    await insertRows(database, 'audit_logs', [{}, {}]);
    const shape = (): Promise<object[]> =>
      database.query(`
        select c.table_name, c.column_name, c.data_type, c.is_nullable,
               (select count(*) from pg_indexes i where i.tablename = c.table_name) as indexes,
               (select count(*) from information_schema.table_constraints k where k.table_name = c.table_name) as constraints
        from information_schema.columns c
        where table_schema = 'public' and table_name not in ('orders', 'otp_codes') order by 1, 2`);
    const rows = (): Promise<object[]> =>
      database.query('select (select count(*) from users) as users, (select count(*) from audit_logs) as logs');
    const before = [await shape(), await rows()];
    await boot(typeOrm({ synchronize: true }), TypeOrmModule.forFeature([Order]), TenxyteMaintenanceModule.forRoot());
    expect([await shape(), await rows()]).toEqual(before);
    expect(await database.query('select 1 from orders')).toEqual([]);
  });

  it("costs such a host no column of a table that its own class and this package's map both", async () => {
    await database.query(`alter table otp_codes add channel varchar not null default 'email'`);
    await insertRows(database, 'otp_codes', [{ channel: 'sms' }]);
    const host = await boot(
      typeOrm({ synchronize: true }),
      TypeOrmModule.forFeature([HostOtpCode]),
      TenxyteMaintenanceModule.forRoot(),
    );
    expect(await host.get(DataSource).getRepository(HostOtpCode).find()).toMatchObject([
      { channel: 'sms', otpType: 'login_2fa' },
    ]);
    expect(await cleanup(host)).toBe('succeeded');
  });
});
