import { Inject, Injectable, Logger } from '@nestjs/common';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../../contract/run-environment.js';
import { DATA_SOURCE_NAME } from '../../database/maintenance-data-source.js';
import { errorMessage } from '../../errors/error-message.js';
import { ActiveRuns } from '../active-runs.js';
import { WallClock } from '../clocks.js';
import { RunsSchema } from '../runs/runs-schema.js';
import { RunsTable } from '../runs/runs-table.js';
import type { RunnableTask } from '../task-runner.js';
import { JobRegistry } from './job-registry.js';
import { type CompleteScheduleSettings, SCHEDULE_SETTINGS, scheduleOf } from './schedule-settings.js';
import { ScheduledRuns } from './scheduled-runs.js';
import { SchedulesTable } from './schedules-table.js';

/** Ties a task's `@Cron` method to its schedule, its slots and its catching up. */
@Injectable()
export class TaskScheduler {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(SCHEDULE_SETTINGS) private readonly settings: CompleteScheduleSettings,
    @Inject(DATA_SOURCE_NAME) private readonly dataSourceName: string,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(JobRegistry) private readonly jobs: JobRegistry,
    @Inject(ActiveRuns) private readonly activeRuns: ActiveRuns,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(RunsTable) private readonly runs: RunsTable,
    @Inject(SchedulesTable) private readonly schedules: SchedulesTable,
    @Inject(ScheduledRuns) private readonly scheduledRuns: ScheduledRuns,
    @Inject(WallClock) private readonly clock: WallClock,
  ) {}

  /**
   * To be called by the service whose method `onTick` carries the task's `@Cron`, in its constructor: at start-up `ScheduleModule` looks
   * for decorated methods, and must not find that of a second import of the module.
   */
  public mount(service: RunnableTask & { onTick(): Promise<void> }): void {
    const { jobName, scheduleOption } = service.task;
    const schedule = this.environment === 'application' ? scheduleOf(this.settings, scheduleOption) : undefined;
    const onStarted = (): void => {
      void this.activeRuns.track(this.catchUp(service));
    };
    const onTick = (): Promise<void> => service.onTick();
    const job = { name: jobName, dataSource: this.dataSourceName, service, schedule, onTick, onStarted };
    if (!this.jobs.add(job)) {
      // The same method, without the decorator's metadata.
      Object.defineProperty(service, 'onTick', { value: service.onTick.bind(service) });
    }
  }

  /** Runs the slot that a tick is for, however late the tick comes. Nothing happens when the task is left to manual runs. */
  public async tick(runnable: RunnableTask): Promise<void> {
    const schedule = scheduleOf(this.settings, runnable.task.scheduleOption);
    const slot = schedule?.latestAt(this.clock.now());
    if (schedule !== undefined && slot !== undefined) {
      await this.scheduledRuns.run({ runnable, trigger: 'cron', slot, schedule });
    }
  }

  /** Runs the latest slot when no replica did: all of them were down. Never throws. */
  private async catchUp(runnable: RunnableTask): Promise<void> {
    const { task } = runnable;
    const schedule = scheduleOf(this.settings, task.scheduleOption);
    if (schedule === undefined) {
      return;
    }
    try {
      await this.schema.ensure();
      const since = await this.schedules.record(task.name, schedule);
      const mayCatchUp = task.catchesUp && this.settings.missedRuns === 'run-once';
      const slot = mayCatchUp ? schedule.latestAt(this.clock.now()) : undefined;
      if (slot !== undefined && slot > since && !(await this.runs.hasSlot(task.name, slot))) {
        this.logger.warn(`${task.name} of ${slot.toISOString()} was missed and is run now`);
        await this.scheduledRuns.run({ runnable, trigger: 'missed', slot, schedule });
      }
    } catch (error) {
      this.logger.error(`Could not tell whether a run of ${task.name} was missed: ${errorMessage(error)}`);
    }
  }
}
