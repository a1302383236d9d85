import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Column, DataSource, Entity, JoinColumn, ManyToOne, PrimaryColumn, Repository } from 'typeorm';
import type { TestingModule } from '@nestjs/testing';
import { TENXYTE_ENTITIES, TenxyteMaintenanceModule, TenxyteUser } from '../../src/index.js';
import { insertReferences } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

/** The host's own users, in a table of their own, under the name that most hosts would choose. */
@Entity({ name: 'host_users' })
class User {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column({ type: 'varchar' })
  public nickname!: string;
}

@Entity({ name: 'host_articles' })
class Article {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @ManyToOne('User')
  @JoinColumn({ name: 'author_id' })
  public author!: User;
}

@Injectable()
class Reader {
  public constructor(
    @InjectRepository(User) public readonly users: Repository<User>,
    @InjectRepository(Article) public readonly articles: Repository<Article>,
    @InjectRepository(TenxyteUser) public readonly tenxyteUsers: Repository<TenxyteUser>,
  ) {}
}

/** The table that each of this package's classes maps. */
const TABLES = {
  TenxyteBlacklistedToken: 'blacklisted_tokens',
  TenxyteMagicLinkToken: 'magic_link_tokens',
  TenxyteOtpCode: 'otp_codes',
  TenxyteRefreshToken: 'refresh_tokens',
  TenxyteLoginAttempt: 'login_attempts',
  TenxyteAuditLog: 'audit_logs',
  TenxyteAgentToken: 'agent_tokens',
  TenxyteAgentPendingAction: 'agent_pending_actions',
  TenxyteWebauthnChallenge: 'webauthn_challenges',
  TenxyteOrganizationInvitation: 'organization_invitations',
  TenxyteOrganizationMembership: 'organization_memberships',
  TenxyteUser: 'users',
};

const hostEntities = () => TypeOrmModule.forFeature([User, Article]);
const maintenance = () => TenxyteMaintenanceModule.forRoot();

describe.each([
  ['before', () => [hostEntities(), maintenance()]],
  ['after', () => [maintenance(), hostEntities()]],
])("a host's own entities, imported %s this package's", (_order, imports) => {
  const database = useTestDatabase();
  let app: TestingModule | undefined;
  let reader: Reader;
  let dataSource: DataSource;

  beforeAll(async () => {
    await insertReferences(database);
    await database.query('create table host_users (id bigint primary key, nickname varchar not null)');
    await database.query(
      'create table host_articles (id bigint primary key, author_id bigint not null references host_users)',
    );
    await database.query(`insert into host_users values (7, 'scribe')`);
    await database.query('insert into host_articles values (1, 7)');
  });
  beforeEach(async () => {
    @Module({ imports: imports(), providers: [Reader] })
    class HostModule {}
    app = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0 }),
        HostModule,
      ],
    })
      .setLogger({ log() {}, warn() {}, error() {} })
      .compile();
    await app.init();
    reader = app.get(Reader);
    dataSource = app.get(DataSource);
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  it('are what @InjectRepository(User) reads', async () => {
    expect(reader.users.target).toBe(User);
    expect(await reader.users.find()).toEqual([{ id: '7', nickname: 'scribe' }]);
  });

  it("are what @ManyToOne('User') joins", async () => {
    expect(reader.articles.metadata.findRelationWithPropertyPath('author')?.inverseEntityMetadata.target).toBe(User);
    expect(await reader.articles.find({ relations: { author: true } })).toEqual([
      { id: '1', author: { id: '7', nickname: 'scribe' } },
    ]);
  });

  it('are what the data source knows by the name User', () => {
    expect(dataSource.getRepository('User').metadata.target).toBe(User);
  });

  it('leave a repository of TenxyteUser to whoever asks for it', async () => {
    expect(reader.tenxyteUsers.target).toBe(TenxyteUser);
    expect(await reader.tenxyteUsers.find()).toMatchObject([{ id: '1', firstName: 'A' }]);
  });

  it("share no name with this package's, whose tables stay", () => {
    const mapped = Object.values(TENXYTE_ENTITIES).map((entity) => {
      const { name, tableName } = dataSource.getMetadata(entity);
      return [name, tableName];
    });
    expect(Object.fromEntries(mapped)).toEqual(TABLES);
  });
});
