import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import {
  AgentHeartbeatService,
  CleanupService,
  TENXYTE_TABLE_MIGRATIONS,
  TenxyteMaintenanceModule,
} from '../../src/index.js';
import { maintenanceApp } from '../support/maintenance-app.js';
import { useTestDatabase } from '../support/test-database.js';

describe('what may be left out', () => {
  const database = useTestDatabase();

  beforeAll(() => Logger.overrideLogger(false));
  afterAll(() => Logger.overrideLogger(true));

  it('of a call is the whole request', async () => {
    const app = await maintenanceApp(database.url);
    const { status } = await app.moduleRef.get(CleanupService).cleanup();
    const { monitored } = await app.moduleRef.get(AgentHeartbeatService).checkAgentHeartbeats();
    await app.close();
    expect({ status, monitored }).toEqual({ status: 'succeeded', monitored: 0 });
  });

  it('of the module may also be given as undefined', async () => {
    const nothing = { isGlobal: undefined, dataSource: undefined, entities: undefined, imports: undefined };
    const typeOrm = TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true });
    const moduleRef = await Test.createTestingModule({
      imports: [typeOrm, TenxyteMaintenanceModule.forRoot(nothing as object)],
    }).compile();
    await moduleRef.init();
    const { status } = await moduleRef.get(CleanupService).cleanup({ dryRun: true });
    await moduleRef.close();
    expect(status).toBe('succeeded');
  });
});

describe("Tenxyte's tables", () => {
  const database = useTestDatabase();

  it('are gone when their migration is taken back', async () => {
    const migrations = [...TENXYTE_TABLE_MIGRATIONS];
    const dataSource = await new DataSource({ type: 'postgres', url: database.url, migrations }).initialize();
    await dataSource.undoLastMigration();
    await dataSource.destroy();
    const sql = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'";
    expect(await database.query(sql)).toEqual([{ relname: 'migrations' }]);
  });
});
