import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { Injectable, Module } from '@nestjs/common';
import { Cron, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import pg from 'pg';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  MAINTENANCE_TASKS,
  TenxyteMaintenanceHealthIndicator,
  TenxyteMaintenanceModule,
  WallClock,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { recordedRuns } from '../support/recorded-runs.js';
import { useTestDatabase } from '../support/test-database.js';

type Import = DynamicModule | Type;
/** The others need options of their own. */
const JOB_NAMES = MAINTENANCE_TASKS.map(({ jobName }) => jobName).slice(0, 2);

/** Another library with a job of its own. */
@Injectable()
class OtherJobs {
  @Cron('0 0 1 1 *', { name: 'other-library.job' })
  public onTick(): void {
    // Nothing to do.
  }
}
@Module({ providers: [OtherJobs] })
class OtherLibrary {}

describe('schedules', () => {
  const database = useTestDatabase();
  let booted: TestingModule | undefined;
  let warnings: string[] = [];

  const logger: LoggerService = {
    log: () => undefined,
    error: () => undefined,
    warn: (message: unknown, context?: unknown) =>
      context === 'TenxyteMaintenance' ? warnings.push(String(message)) : undefined,
  };
  const typeOrm = (name = 'default'): DynamicModule =>
    TypeOrmModule.forRoot({ type: 'postgres', url: database.url, autoLoadEntities: true, retryAttempts: 0, name });
  const boot = async (imports: readonly Import[], now: () => Date = () => new Date()): Promise<SchedulerRegistry> => {
    const builder = Test.createTestingModule({ imports: [...imports] }).setLogger(logger);
    booted = await builder.overrideProvider(WallClock).useValue({ now }).compile();
    await booted.init();
    return booted.get(SchedulerRegistry, { strict: false });
  };
  const schedulesOf = (registry: SchedulerRegistry): Record<string, string> =>
    Object.fromEntries(
      [...registry.getCronJobs()]
        .filter(([, job]) => job.isActive)
        .map(([name, { cronTime }]) => [name, `${String(cronTime.source)} ${cronTime.timeZone}`]),
    );

  afterEach(async () => {
    await booted?.close();
    booted = undefined;
    warnings = [];
    await database.query('drop schema if exists tenxyte_maintenance cascade');
  });

  it('have fixed names and defaults, in UTC', async () => {
    const registry = await boot([ScheduleModule.forRoot(), typeOrm(), TenxyteMaintenanceModule.forRoot()]);
    expect(schedulesOf(registry)).toEqual({
      'tenxyte-maintenance.cleanup': '0 3 * * * UTC',
      'tenxyte-maintenance.agent-heartbeat': '* * * * * UTC',
    });
    expect(warnings).toEqual([]);
  });

  it.each([false, true])('are those of the options, with isGlobal: %s', async (isGlobal) => {
    const schedule = { timeZone: 'Europe/Berlin', cleanup: '15 4 * * 1', agentHeartbeat: false } as const;
    const registry = await boot([
      TenxyteMaintenanceModule.forRoot({ isGlobal, schedule }),
      typeOrm(),
      ScheduleModule.forRoot(),
    ]);
    expect(schedulesOf(registry)).toEqual({ 'tenxyte-maintenance.cleanup': '15 4 * * 1 Europe/Berlin' });
    expect(warnings).toEqual([]);
  });

  it.each([
    [{ cleanup: '61 3 * * *' }, 'schedule.cleanup is "61 3 * * *", accepted is a cron expression'],
    [{ agentHeartbeat: 'hourly' }, 'schedule.agentHeartbeat is "hourly", accepted is a cron expression'],
    [{ cleanup: '0 0 30 2 *' }, 'schedule.cleanup is "0 0 30 2 *", accepted is a cron expression'],
    [{ cleanup: true }, 'schedule.cleanup is true, accepted is a cron expression'],
    [{ timeZone: 'Mars/Olympus' }, 'schedule.timeZone is "Mars/Olympus", accepted is an IANA time zone'],
    [{ missedRuns: 'all' }, 'schedule.missedRuns is "all", accepted is "run-once" or "skip"'],
    [{ cleanUp: '0 3 * * *' }, 'schedule.cleanUp is not an option'],
  ])('are refused at start-up when they cannot be: %j', async (schedule, problem) => {
    await expect(
      boot([ScheduleModule.forRoot(), typeOrm(), TenxyteMaintenanceModule.forRoot({ schedule } as object)]),
    ).rejects.toThrow(problem);
  });

  it('are missed once, in words, when the host has no ScheduleModule', async () => {
    await boot([typeOrm(), TenxyteMaintenanceModule.forRoot()]).catch(() => undefined);
    expect(warnings).toEqual([expect.stringContaining('the application has no ScheduleModule')]);
    expect(warnings[0]).toContain(JOB_NAMES.join(', '));
  });

  it('are missed once, in words, when the host runs without cron jobs', async () => {
    await boot([ScheduleModule.forRoot({ cronJobs: false }), typeOrm(), TenxyteMaintenanceModule.forRoot()]);
    expect(warnings).toEqual([expect.stringContaining('the ScheduleModule runs with cronJobs: false')]);
  });

  it('are not missed when they are switched off', async () => {
    const schedule = { cleanup: false, agentHeartbeat: false } as const;
    await boot([typeOrm(), TenxyteMaintenanceModule.forRoot({ schedule })]).catch(() => undefined);
    expect(warnings).toEqual([]);
  });

  it("fire each task once when the module is imported twice, beside another library's jobs", async () => {
    const schedule = { cleanup: '0 4 * * *' };
    const registry = await boot([
      ScheduleModule.forRoot(),
      OtherLibrary,
      typeOrm(),
      TenxyteMaintenanceModule.forRoot({ schedule }),
      TenxyteMaintenanceModule.forRoot({ schedule: { cleanup: '0 5 * * *' } }),
    ]);
    expect(schedulesOf(registry)).toEqual({
      'other-library.job': expect.any(String),
      'tenxyte-maintenance.cleanup': '0 4 * * * UTC',
      'tenxyte-maintenance.agent-heartbeat': '* * * * * UTC',
    });
    expect(warnings).toEqual([expect.stringContaining('imported more than once on the same data source')]);
  });

  it.each(['first', 'last'])('fire for each of two data sources, the default one imported %s', async (place) => {
    const modules = [
      TenxyteMaintenanceModule.forRoot(),
      TenxyteMaintenanceModule.forRoot({
        dataSource: 'second',
        schema: 'second_maintenance',
        schedule: { cleanup: '0 6 * * *', agentHeartbeat: false },
      }),
    ];
    const registry = await boot([
      ScheduleModule.forRoot(),
      typeOrm(),
      typeOrm('second'),
      ...(place === 'first' ? modules : modules.toReversed()),
    ]);
    expect(schedulesOf(registry)).toEqual({
      'tenxyte-maintenance.agent-heartbeat': '* * * * * UTC',
      'tenxyte-maintenance.cleanup': '0 3 * * * UTC',
      'tenxyte-maintenance.cleanup@second': '0 6 * * * UTC',
    });
    await registry.getCronJob('tenxyte-maintenance.cleanup@second').fireOnTick();
    // Not before it has ended: nothing takes the schema away from a run at work.
    await eventually(
      async () =>
        (await database.query(`select id from second_maintenance.runs where status = 'succeeded'`)).length === 1,
    );
    await database.query('drop schema second_maintenance cascade');
  });

  it('obey the start-up grace for each of two data sources', async () => {
    const options = {
      schedule: { cleanup: false, agentHeartbeat: '0 0 1 1 *' },
      agentHeartbeat: { startupGraceSeconds: 86_400 },
    } as const;
    const registry = await boot([
      ScheduleModule.forRoot(),
      typeOrm(),
      typeOrm('second'),
      TenxyteMaintenanceModule.forRoot(options),
      TenxyteMaintenanceModule.forRoot({ ...options, dataSource: 'second', schema: 'second_maintenance' }),
    ]);
    await registry.getCronJob('tenxyte-maintenance.agent-heartbeat').fireOnTick();
    await registry.getCronJob('tenxyte-maintenance.agent-heartbeat@second').fireOnTick();
    await booted?.close();
    booted = undefined;
    expect([await recordedRuns(database), await database.query('select id from second_maintenance.runs')]).toEqual([
      [],
      [],
    ]);
    await database.query('drop schema second_maintenance cascade');
  });

  it('tick into a run of their slot', async () => {
    const schedule = { cleanup: '* * * * *', agentHeartbeat: false } as const;
    const registry = await boot([ScheduleModule.forRoot(), typeOrm(), TenxyteMaintenanceModule.forRoot({ schedule })]);
    await registry.getCronJob('tenxyte-maintenance.cleanup').fireOnTick();
    const [run] = await eventually(async () => {
      const runs = await recordedRuns(database);
      return runs[0]?.status === 'succeeded' && runs;
    });
    expect(run?.trigger).toBe('cron');
    expect(Number(run?.slot) % 60_000).toBe(0);
  });

  it.each([
    ['ahead of', 86_400_000],
    ['behind', -3_600_000],
  ])('are those of the database where the clock of the application is hours %s it', async (difference, leadMs) => {
    const schedule = { cleanup: false, agentHeartbeat: '* * * * * *' } as const;
    await boot(
      [ScheduleModule.forRoot(), typeOrm(), TenxyteMaintenanceModule.forRoot({ schedule })],
      () => new Date(Date.now() + leadMs),
    );
    await eventually(
      async () => (await recordedRuns(database)).filter(({ status }) => status === 'succeeded').length > 1,
    );
    const rows = await database.query<{ late: number }>(
      'select extract(epoch from started_at - slot)::float8 as late from tenxyte_maintenance.runs',
    );
    const late = rows.map((row) => row.late);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...late)).toBeLessThan(60);
    expect(warnings).toContainEqual(expect.stringMatching(`is \\d+ \\w+ \\d+ \\w+ ${difference} the database's`));
    const health = booted?.get(TenxyteMaintenanceHealthIndicator);
    expect(await health?.isHealthy('it', { backlog: false })).toMatchObject({
      it: { clock: { health: 'warning', offsetMs: expect.closeTo(leadMs, -4) } },
    });
  });

  describe('a slot that nobody ran, as all replicas were down', () => {
    // A slot a year, so that no two starts of a test lie on both sides of one.
    const latestSlot = (): Date => new Date(`${new Date().getUTCFullYear()}-01-01T00:00:00Z`);
    const start = async (missedRuns: 'run-once' | 'skip'): Promise<void> => {
      const schedule = { missedRuns, cleanup: '0 0 1 1 *', agentHeartbeat: false } as const;
      await boot([ScheduleModule.forRoot(), typeOrm(), TenxyteMaintenanceModule.forRoot({ schedule })]);
      await eventually(async () => (await database.query('select 1 from tenxyte_maintenance.schedules')).length > 0);
    };
    const stop = async (): Promise<void> => {
      await booted?.close();
      booted = undefined;
    };
    const downForYears = (): Promise<unknown> =>
      database.query(`update tenxyte_maintenance.schedules set since = '2020-06-01T00:00:00Z'`);

    const startAfterYears = async (): Promise<void> => {
      await start('run-once');
      await stop();
      expect(await recordedRuns(database)).toEqual([]);
      await downForYears();
      await start('run-once');
      await eventually(async () => (await recordedRuns(database))[0]?.status === 'succeeded');
    };

    it.each(['ISO, YMD', 'German', 'SQL, DMY'])(
      'is run once at the next start-up, the latest one alone, with datestyle %s',
      async (dateStyle) => {
        await database.query(`alter database ${database.name} set datestyle = '${dateStyle}'`);
        await startAfterYears();
        await stop();
        await start('run-once');
        await stop();
        await database.query(`alter database ${database.name} reset datestyle`);
        expect(await recordedRuns(database)).toMatchObject([
          { trigger: 'missed', slot: latestSlot(), status: 'succeeded' },
        ]);
      },
    );

    it('is told by the database, whatever the host parses a timestamp as', async () => {
      const parse = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ);
      pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => text);
      try {
        await startAfterYears();
      } finally {
        pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, parse);
      }
    });

    it('is skipped with missedRuns: skip', async () => {
      await start('skip');
      await downForYears();
      await stop();
      await start('skip');
      await stop();
      expect(await recordedRuns(database)).toEqual([]);
    });
  });
});
