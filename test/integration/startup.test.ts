import { afterEach, describe, expect, it } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import {
  defineCleanupTarget,
  TenxyteMaintenanceHealthIndicator,
  TenxyteMaintenanceModule,
  TenxyteMaintenanceService,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { useTestDatabase } from '../support/test-database.js';
import { useTestRole } from '../support/test-role.js';

@Entity({ name: 'app_visits' })
class Visit {
  @PrimaryColumn({ type: 'bigint' })
  public id!: string;

  @Column({ type: 'timestamptz' })
  public endedAt!: Date;
}

const visits = defineCleanupTarget({
  name: 'app_visits',
  entity: Visit,
  summary: 'ended',
  dueWhen: { before: 'endedAt', days: 30 },
  dimensions: {},
});

type Options = Parameters<typeof TenxyteMaintenanceModule.forRoot>[0];

describe('an application that starts', () => {
  const database = useTestDatabase();
  const role = useTestRole(database);
  let app: TestingModule | undefined;
  let lines: string[] = [];

  const logger: LoggerService = {
    log: (text: string) => lines.push(`log: ${text}`),
    warn: (text: string) => lines.push(`warning: ${text}`),
    error: (text: string) => lines.push(`error: ${text}`),
  };
  const start = async (options: Options = {}, url = database.url): Promise<TestingModule> => {
    lines = [];
    const moduleRef = await Test.createTestingModule({
      imports: [
        ScheduleModule.forRoot(),
        TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, retryAttempts: 0 }),
        TenxyteMaintenanceModule.forRoot(options),
      ],
    })
      .setLogger(logger)
      .compile();
    app = moduleRef;
    await moduleRef.init();
    return moduleRef;
  };
  const health = async (moduleRef: TestingModule): Promise<unknown> =>
    (await moduleRef.get(TenxyteMaintenanceHealthIndicator).isHealthy('it', { backlog: false })).it;
  const schemas = async (): Promise<number> =>
    (await database.query(`select from pg_namespace where nspname = 'tenxyte_maintenance'`)).length;

  afterEach(async () => {
    await app?.close();
    app = undefined;
    await database.query('drop schema if exists tenxyte_maintenance cascade');
  });

  it('leaves a data source alone that the host initializes later, and works once it is', async () => {
    app = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: database.url,
          autoLoadEntities: true,
          manualInitialization: true,
        }),
        TypeOrmModule.forFeature([Visit]),
        TenxyteMaintenanceModule.forRoot({
          cleanup: { targets: [visits] },
          schedule: { cleanup: false, agentHeartbeat: false },
        }),
      ],
    })
      .setLogger(logger)
      .compile();
    lines = [];
    await database.query('drop schema if exists tenxyte_maintenance cascade');
    await app.init();
    expect([app.get(DataSource).isInitialized, await schemas()]).toEqual([false, 0]);
    expect(lines.filter((line) => !line.startsWith('log: '))).toEqual([]);
    await app.get(DataSource).initialize();
    const report = await app.get(TenxyteMaintenanceService).cleanup({ dryRun: true, only: ['login_attempts'] });
    expect(report).toMatchObject({ status: 'succeeded', targets: [{ name: 'login_attempts', status: 'succeeded' }] });
  });

  it('says in one line a task what runs when, on which database, and who decided so', async () => {
    await start({ schedule: { timeZone: 'Europe/Berlin', cleanup: '30 4 * * 0', agentHeartbeat: false } });
    const said = lines.filter((line) => / runs at | does not run by itself/.test(line));
    expect(said).toEqual([
      expect.stringMatching(
        new RegExp(
          `^log: cleanup runs at "30 4 \\* \\* 0" in Europe/Berlin, as schedule.cleanup says, on the database ${database.name}: next at \\d{4}-\\d\\d-\\d\\dT0[23]:30:00Z$`,
        ),
      ),
      'log: agent-heartbeat does not run by itself, as schedule.agentHeartbeat is false',
      'log: totp-key-rotation does not run by itself, as it needs totp.keys',
      'log: dependency-scan does not run by itself, as it needs the dependencyScan option, which may be {}',
    ]);
    await app?.close();
    await start();
    expect(lines).toContainEqual(
      expect.stringMatching(/^log: cleanup runs at "0 3 \* \* \*" in UTC, by default, on the/),
    );
  });

  it('on a database without Tenxyte warns, is down, creates nothing, and works once the tables are there', async () => {
    await database.query('alter schema public rename to elsewhere');
    await database.query('create schema public');
    try {
      const moduleRef = await start({ schedule: { agentHeartbeat: false, cleanup: '* * * * *' } });
      expect(lines.filter((line) => line.startsWith('warning: '))).toContainEqual(
        expect.stringContaining(`"${database.name}" has none of Tenxyte's tables`),
      );
      expect(await health(moduleRef)).toMatchObject({
        status: 'down',
        message: expect.stringContaining("has none of Tenxyte's tables"),
      });
      expect(await schemas()).toBe(0);
      await database.query('drop schema public');
      await database.query('alter schema elsewhere rename to public');
      expect(await health(moduleRef)).toMatchObject({ status: 'up' });
      await moduleRef.get(SchedulerRegistry).getCronJob('tenxyte-maintenance.cleanup').fireOnTick();
      await eventually(
        async () =>
          (await database.query(`select from tenxyte_maintenance.runs where status = 'succeeded'`)).length > 0,
      );
      expect(await database.query('select task from tenxyte_maintenance.schedules')).toEqual([{ task: 'cleanup' }]);
    } finally {
      await database.query('create schema if not exists public');
    }
  });

  it('without the grants on the schema of this package fails, or warns and is down until they are there', async () => {
    await database.query(`grant select on all tables in schema public to ${role.name}`);
    await expect(start({}, role.url)).rejects.toMatchObject({ code: 'RUNS_SCHEMA' });
    const moduleRef = await start({ startup: 'warn', schedule: { agentHeartbeat: false } }, role.url);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^warning: The role .* may not create or update .*grant.* no command knows this application's policy/,
      ),
    );
    expect(await health(moduleRef)).toMatchObject({ status: 'down', message: expect.stringContaining('grant') });
    await database.query(`grant create on database ${database.name} to ${role.name}`);
    expect(await health(moduleRef)).toMatchObject({ status: 'up' });
  });
});
