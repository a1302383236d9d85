import type { DynamicModule, LoggerService, Type } from '@nestjs/common';
import { Injectable, Module } from '@nestjs/common';
import { Cron, ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import { Test } from '@nestjs/testing';
import type { TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MAINTENANCE_TASKS, TenxyteMaintenanceModule, WallClock } from '../../src/index.js';
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
  const boot = async (imports: readonly Import[], now?: Date): Promise<SchedulerRegistry> => {
    const builder = Test.createTestingModule({ imports: [...imports] }).setLogger(logger);
    booted = await builder
      .overrideProvider(WallClock)
      .useValue({ now: () => now ?? new Date() })
      .compile();
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
    const registry = await boot(
      [ScheduleModule.forRoot(), typeOrm(), TenxyteMaintenanceModule.forRoot()],
      new Date('2026-03-01T03:00:00.250Z'),
    );
    await registry.getCronJob('tenxyte-maintenance.cleanup').fireOnTick();
    const [run] = await eventually(async () => {
      const runs = await recordedRuns(database);
      return runs[0]?.status === 'succeeded' && runs;
    });
    expect(run).toMatchObject({ trigger: 'cron', slot: new Date('2026-03-01T03:00:00Z') });
  });

  describe('a slot that nobody ran, as all replicas were down', () => {
    const start = async (missedRuns: 'run-once' | 'skip', now: string): Promise<void> => {
      const schedule = { missedRuns, agentHeartbeat: false } as const;
      const imports = [ScheduleModule.forRoot(), typeOrm(), TenxyteMaintenanceModule.forRoot({ schedule })];
      await boot(imports, new Date(now));
      await eventually(async () => (await database.query('select 1 from tenxyte_maintenance.schedules')).length > 0);
    };
    const stop = async (): Promise<void> => {
      await booted?.close();
      booted = undefined;
    };
    const downSince = (since: string): Promise<unknown> =>
      database.query('update tenxyte_maintenance.schedules set since = $1', [since]);

    it('is run once at the next start-up, the latest one alone', async () => {
      await start('run-once', '2026-03-01T12:00:00Z');
      await stop();
      expect(await recordedRuns(database)).toEqual([]);
      await downSince('2026-03-01T12:00:00Z');
      await start('run-once', '2026-03-05T09:00:00Z');
      await eventually(async () => (await recordedRuns(database))[0]?.status === 'succeeded');
      await stop();
      await start('run-once', '2026-03-05T09:01:00Z');
      await stop();
      expect(await recordedRuns(database)).toMatchObject([
        { trigger: 'missed', slot: new Date('2026-03-05T03:00:00Z'), status: 'succeeded' },
      ]);
    });

    it('is skipped with missedRuns: skip', async () => {
      await start('skip', '2026-03-01T12:00:00Z');
      await downSince('2026-03-01T12:00:00Z');
      await stop();
      await start('skip', '2026-03-05T09:00:00Z');
      await stop();
      expect(await recordedRuns(database)).toEqual([]);
    });
  });
});
