import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../../contract/run-environment.js';
import { DATA_SOURCE_NAME, MAINTENANCE_DATA_SOURCE } from '../../database/maintenance-data-source.js';
import { errorMessage } from '../../errors/error-message.js';
import { RunsSchemaError } from '../../errors/runs-schema.error.js';
import { TablesNotFoundError } from '../../errors/tables-not-found.error.js';
import { ActiveRuns } from '../active-runs.js';
import type { MaintenanceTask } from '../../contract/maintenance-task.js';
import { askForTime, type DatabaseTime, RunTime, WallClock } from '../clocks.js';
import { RunsSchema } from '../runs/runs-schema.js';
import type { RunnableTask } from '../task-runner.js';
import type { CronSchedule } from './cron-schedule.js';
import { DatabaseTicks } from './database-ticks.js';
import { JobRegistry } from './job-registry.js';
import { RUN_BY } from './run-schedule.js';
import {
  type CompleteScheduleSettings,
  GIVEN_SCHEDULE,
  SCHEDULE_SETTINGS,
  scheduleDecision,
  expectationOf,
  timerOf,
} from './schedule-settings.js';
import { ScheduledRuns } from './scheduled-runs.js';
import { SchedulesTable } from './schedules-table.js';

/** Ties a task's `@Cron` method to its schedule, its slots and its catching up. */
@Injectable()
export class TaskScheduler {
  private readonly logger = new Logger('TenxyteMaintenance');
  /** The tasks whose schedule is recorded. */
  private readonly begun = new Set<string>();

  public constructor(
    @Inject(SCHEDULE_SETTINGS) private readonly settings: CompleteScheduleSettings,
    @Inject(GIVEN_SCHEDULE) private readonly given: object | undefined,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(DATA_SOURCE_NAME) private readonly dataSourceName: string,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(JobRegistry) private readonly jobs: JobRegistry,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(SchedulesTable) private readonly schedules: SchedulesTable,
    @Inject(ScheduledRuns) private readonly scheduledRuns: ScheduledRuns,
    @Inject(DatabaseTicks) private readonly databaseTicks: DatabaseTicks,
    @Inject(WallClock) public readonly clock: WallClock,
    @Inject(RunTime) public readonly time: RunTime,
  ) {}

  /**
   * To be called by the service whose method `onTick` carries the task's `@Cron`, in its constructor: at start-up `ScheduleModule` looks
   * for decorated methods, and must not find that of a second import of the module.
   */
  public mount(service: RunnableTask & { onTick(): Promise<void> }): void {
    const { jobName, scheduleOption } = service.task;
    const schedule = this.environment === 'application' ? timerOf(this.settings, scheduleOption) : undefined;
    const onStarted = (): void => {
      void (this.environment === 'application' && this.activeRuns.track(this.begin(service)));
    };
    const onTick = (): Promise<void> => service.onTick();
    const origin = { dataSource: this.dataSourceName, service, onTick, onStarted };
    const job = { ...origin, name: jobName, schedule, announcement: this.announcementOf(service.task) };
    if (!this.jobs.add(job)) {
      // The same method, without the decorator's metadata.
      Object.defineProperty(service, 'onTick', { value: service.onTick.bind(service) });
    }
  }

  /** Runs the slot that a tick is for, however late the tick comes. Nothing happens when the task is left to manual runs. */
  public async tick(runnable: RunnableTask): Promise<void> {
    const { name, scheduleOption } = runnable.task;
    const schedule = timerOf(this.settings, scheduleOption);
    if (schedule === undefined || (await this.databaseTicks.tell(name))) {
      return;
    }
    if (!this.begun.has(name)) {
      await this.begin(runnable);
    }
    const slot = schedule.latestAt(this.clock.now());
    const time = slot && (await this.scheduledRuns.run({ runnable, trigger: 'cron', slot, schedule }));
    if (time !== undefined && this.goesByDatabase(runnable, schedule, time)) {
      await this.orLog(name, () => this.runMissed(runnable, schedule, time));
    }
  }

  /** One line for the log of an application that starts: what runs when, and who decided so. */
  private announcementOf(task: MaintenanceTask): string | undefined {
    if (this.environment === 'command-line') {
      return undefined;
    }
    const expected = expectationOf(this.settings, task.scheduleOption);
    const decision = scheduleDecision(task, this.given, expected !== undefined);
    if (expected === undefined) {
      return `${task.name} does not run by itself, ${decision}`;
    }
    const { by, schedule } = expected;
    const { expression, timeZone } = schedule;
    if (by !== 'timer') {
      return `${task.name} is run ${RUN_BY[by]}, ${decision}, and expected at "${expression}" in ${timeZone}`;
    }
    const next = schedule.nextAfter(this.clock.now()).toISOString().replace('.000Z', 'Z');
    const database = String(this.dataSource.driver.database);
    return `${task.name} runs at "${expression}" in ${timeZone}, ${decision}, on the database ${database}: next at ${next}`;
  }

  /** Records the schedule and, where it is a timer's, runs the latest slot when no replica did. */
  private async begin(runnable: RunnableTask): Promise<void> {
    const { name, scheduleOption } = runnable.task;
    const expected = expectationOf(this.settings, scheduleOption);
    if (expected === undefined) {
      return;
    }
    await this.orLog(name, async () => {
      await this.schema.ensure();
      const time = await askForTime(this, () => this.schedules.record(name, expected.schedule, expected.by));
      this.begun.add(name);
      const schedule = timerOf(this.settings, scheduleOption);
      if (schedule === undefined) {
        return;
      }
      this.goesByDatabase(runnable, schedule, time);
      await this.runMissed(runnable, schedule, time);
    });
  }

  /** True when from now on the database's clock tells the slots, as the application's differs from it. */
  private goesByDatabase(runnable: RunnableTask, schedule: CronSchedule, now: DatabaseTime): boolean {
    return this.databaseTicks.follow(runnable.task.name, schedule, {
      now,
      onSlot: (slot) => void this.scheduledRuns.run({ runnable, trigger: 'cron', slot, schedule }),
    });
  }

  /** Runs the latest slot when no replica did: all of them were down, or told it by another clock. */
  private async runMissed(runnable: RunnableTask, schedule: CronSchedule, { at }: DatabaseTime): Promise<void> {
    const { name, catchesUp } = runnable.task;
    const mayCatchUp = catchesUp && this.settings.missedRuns === 'run-once';
    const slot = mayCatchUp ? schedule.latestAt(new Date(at)) : undefined;
    if (slot === undefined || !(await this.schedules.isMissed(name, slot))) {
      return;
    }
    this.logger.warn(`${name} of ${slot.toISOString()} was missed and is run now`);
    await this.scheduledRuns.run({ runnable, trigger: 'missed', slot, schedule });
  }

  /** Nobody listens to a timer. */
  private async orLog(task: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error instanceof RunsSchemaError || error instanceof TablesNotFoundError) {
        // Said at start-up, and again by each slot.
        return;
      }
      this.logger.error(`Could not tell whether a run of ${task} was missed: ${errorMessage(error)}`);
    }
  }
}
