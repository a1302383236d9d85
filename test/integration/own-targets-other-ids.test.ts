import { beforeAll, describe, expect, it } from '@jest/globals';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import {
  defineCleanupTarget,
  type HoldPlacement,
  LegalHoldService,
  TenxyteMaintenanceService,
} from '../../src/index.js';
import { entityApp } from '../support/entity-app.js';
import { insertHeldWorld } from '../support/held-world.js';
import { useTestDatabase } from '../support/test-database.js';

@Entity({ name: 'app_devices' })
class AppDevice {
  @PrimaryGeneratedColumn('uuid')
  public id!: string;

  @Column({ type: 'uuid', name: 'owner' })
  public ownerId!: string;

  @Column({ type: 'timestamptz', name: 'made_at' })
  public createdAt!: Date;
}

const DEVICES = defineCleanupTarget({
  name: 'app_devices',
  entity: AppDevice,
  summary: 'made more than 30 days ago',
  dueWhen: { before: 'createdAt', days: 30 },
  dimensions: { user: ['ownerId'], created: ['createdAt'] },
});
const WHO = { caseRef: 'CASE-1', reason: 'a lawsuit', placedBy: 'counsel' };

describe("a host's own table whose ids of users are none of Tenxyte's", () => {
  const database = useTestDatabase();

  beforeAll(async () => {
    await insertHeldWorld(database);
    await database.query(`
      create table app_devices (id uuid primary key default gen_random_uuid(), owner uuid, made_at timestamptz);
      insert into app_devices (owner, made_at) values (gen_random_uuid(), '2001-01-01')`);
  });

  it.each<[string, Omit<HoldPlacement, keyof typeof WHO>]>([
    ['a user', { userId: 1 }],
    ['identifiers', { identifiers: ['bob'] }],
    ['identifiers that nobody goes by', { identifiers: ['nobody'] }],
    ['an organization', { organizationId: 7 }],
  ])('is held whole by a hold on %s', async (_, scope) => {
    await database.query('drop schema if exists tenxyte_maintenance cascade');
    const app = await entityApp(database.url, [AppDevice], { cleanup: { targets: [DEVICES] } });
    try {
      const { id } = await app.get(LegalHoldService).place({ ...WHO, ...scope });
      expect(await app.get(TenxyteMaintenanceService).cleanup({ only: ['app_devices'] })).toMatchObject({
        status: 'succeeded',
        targets: [{ rows: 0, skipReason: 'held', heldRows: 1, heldWhole: [id] }],
      });
      expect(await database.query('select from app_devices')).toHaveLength(1);
    } finally {
      await app.close();
    }
  });

  it('is not cleaned by a rule for an organization', async () => {
    await database.query('drop schema if exists tenxyte_maintenance cascade');
    const app = await entityApp(database.url, [AppDevice], {
      cleanup: { targets: [DEVICES] },
      retention: { rules: [{ target: 'app_devices', organizationIds: [7], days: 60 }] },
    });
    try {
      const { targets } = await app.get(TenxyteMaintenanceService).cleanup({ only: ['app_devices'] });
      expect(targets[0]).toMatchObject({
        rows: 0,
        error: { code: 'RETENTION_RULE', message: expect.stringContaining('app_devices.owner is uuid') },
      });
    } finally {
      await app.close();
    }
  });
});
