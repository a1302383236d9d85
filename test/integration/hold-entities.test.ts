import type { TestingModule } from '@nestjs/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';
import {
  defineCleanupTarget,
  type HoldPlacement,
  LegalHoldService,
  TenxyteMaintenanceService,
} from '../../src/index.js';
import { entityApp } from '../support/entity-app.js';
import { insertHeldWorld } from '../support/held-world.js';
import { useTestDatabase } from '../support/test-database.js';

const WHO = { caseRef: 'CASE-1', reason: 'a lawsuit', placedBy: 'counsel' };

@Entity({ name: 'audit_logs' })
class BareAuditLog {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column({ type: 'bigint', name: 'user_id', nullable: true })
  public userId!: string | null;

  @Column({ type: 'timestamptz', name: 'created_at' })
  public createdAt!: Date;
}

@Entity({ name: 'users' })
class BareUser {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column({ type: 'varchar', name: 'email' })
  public email!: string;
}

@Entity({ name: 'app_devices' })
class AppDevice {
  @PrimaryGeneratedColumn('uuid')
  public id!: string;

  @Column({ type: 'varchar', name: 'client' })
  public applicationId!: string;

  @Column({ type: 'timestamptz', name: 'made_at' })
  public createdAt!: Date;
}

const DEVICES = defineCleanupTarget({
  name: 'app_devices',
  entity: AppDevice,
  summary: 'made more than 30 days ago',
  dueWhen: { before: 'createdAt', days: 30 },
  dimensions: { application: ['applicationId'], created: ['createdAt'] },
});

describe('legal holds and what entities do not map', () => {
  const database = useTestDatabase();
  let app: TestingModule | undefined;

  beforeAll(() => insertHeldWorld(database));
  beforeEach(() =>
    database.query('drop schema if exists tenxyte_maintenance cascade; truncate audit_logs, login_attempts'),
  );
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });

  const boot = async (entities: (new () => object)[], options: Parameters<typeof entityApp>[2]): Promise<void> => {
    app = await entityApp(database.url, entities, options);
  };
  const place = async (scope: Omit<HoldPlacement, keyof typeof WHO>) =>
    (app as TestingModule).get(LegalHoldService).place({ ...WHO, ...scope });
  const cleanOnly = async (target: string) => {
    const { targets } = await (app as TestingModule).get(TenxyteMaintenanceService).cleanup({ only: [target] });
    return targets[0];
  };
  const insertAudit = (): Promise<unknown> =>
    database.query(`insert into audit_logs (action, user_agent, details, created_at, user_id, on_behalf_of_id, agent_token_id)
      values ('a', '', '{}', '2001-01-01', 1, null, null), ('b', '', '{}', '2001-01-01', null, null, 1),
             ('c', '', '{}', '2001-01-01', null, 1, null), ('d', '', '{}', '2001-01-01', 2, null, null)`);

  it('go by the columns that the table has, whatever the entity leaves out', async () => {
    await boot([BareAuditLog], { entities: { AuditLog: BareAuditLog } });
    await insertAudit();
    await place({ userId: 1 });
    expect(await cleanOnly('audit_logs')).toMatchObject({ rows: 1, heldRows: 3, heldWhole: [] });
    expect(await database.query('select action from audit_logs order by action')).toEqual(
      ['a', 'b', 'c'].map((action) => ({ action })),
    );
  });

  it('hold a target whole where such a column has a name that nobody tells', async () => {
    await database.query('alter table audit_logs rename column on_behalf_of_id to principal');
    await database.query(`insert into audit_logs (action, user_agent, details, created_at, principal)
      values ('c', '', '{}', '2001-01-01', 1)`);
    try {
      await boot([BareAuditLog], { entities: { AuditLog: BareAuditLog } });
      const { id } = await place({ userId: 1 });
      expect(await cleanOnly('audit_logs')).toMatchObject({ rows: 0, heldRows: 1, heldWhole: [id] });
    } finally {
      await app?.close();
      app = undefined;
      await database.query('alter table audit_logs rename column principal to on_behalf_of_id');
    }
  });

  it('know a user by all that the table of users tells', async () => {
    await boot([BareUser], { entities: { User: BareUser } });
    await database.query(`insert into login_attempts (identifier, ip_address, success, failure_reason, created_at)
      select identifier, '10.0.0.1', false, '', '2001-01-01' from unnest('{bob@example.com,+331234,bob,eve}'::text[]) as identifier`);
    await place({ userId: 2 });
    expect(await cleanOnly('login_attempts')).toMatchObject({ rows: 1, heldRows: 3 });
  });

  it('are not placed where what users go by has a name that nobody tells', async () => {
    await database.query('alter table users rename column phone_number to mobile');
    try {
      await boot([BareUser], { entities: { User: BareUser } });
      await expect(place({ userId: 2 })).rejects.toMatchObject({
        code: 'COLUMN_MISSING',
        message: expect.stringContaining('maps no column phoneNumber'),
      });
      expect(await app?.get(LegalHoldService).list()).toEqual([]);
    } finally {
      await database.query('alter table users rename column mobile to phone_number');
    }
  });

  it('hold what they held when the tables that ids are looked up in are seen otherwise than before', async () => {
    await database.query(`create table app_devices (id uuid primary key default gen_random_uuid(), client varchar, made_at timestamptz);
      insert into app_devices (client, made_at) values ('mobile', '2001-01-01'), ('web', '2001-01-01')`);
    await boot([AppDevice], { cleanup: { targets: [DEVICES] } });
    const { id } = await place({ applicationId: 'mobile' });
    expect(await cleanOnly('app_devices')).toMatchObject({ rows: 0, heldWhole: [id] });
    await database.query('alter table agent_tokens rename to tokens_of_agents');
    try {
      expect(await cleanOnly('app_devices')).toMatchObject({ rows: 1, heldRows: 1, heldWhole: [] });
      expect(await database.query('select client from app_devices')).toEqual([{ client: 'mobile' }]);
    } finally {
      await database.query('alter table tokens_of_agents rename to agent_tokens');
    }
  });
});
