import { Inject, Injectable, Logger } from '@nestjs/common';
import type { MaintenanceTask, TaskScheduleOption } from '../../contract/maintenance-task.js';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../../contract/run-environment.js';
import type { TaskReport } from '../../contract/task-report.js';
import { DATA_SOURCE_NAME } from '../../database/maintenance-data-source.js';
import { errorMessage } from '../../errors/error-message.js';
import { MAINTENANCE_OPTIONS, type ResolvedMaintenanceOptions } from '../../options/maintenance-options.js';
import { ActiveRuns } from '../active-runs.js';
import { WallClock } from '../clocks.js';
import { RunsSchema } from '../runs/runs-schema.js';
import { RunsTable } from '../runs/runs-table.js';
import type { TaskWork } from '../task-runner.js';
import { CronSchedule } from './cron-schedule.js';
import { JobRegistry } from './job-registry.js';
import { ScheduledRuns } from './scheduled-runs.js';
import { SchedulesTable } from './schedules-table.js';

type Task = MaintenanceTask & { readonly scheduleOption: TaskScheduleOption };

/** Ties a task's `@Cron` method to its schedule, its slots and its catching up. */
@Injectable()
export class TaskScheduler {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
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
  public mount<Report extends TaskReport>(
    task: Task,
    service: { onTick(): Promise<void> },
    work: TaskWork<Report>,
  ): void {
    const schedule = this.environment === 'application' ? this.scheduleOf(task) : undefined;
    const onStarted = (): void => {
      void this.activeRuns.track(this.catchUp(task, work));
    };
    const onTick = (): Promise<void> => service.onTick();
    const job = { name: task.jobName, dataSource: this.dataSourceName, service, schedule, onTick, onStarted };
    if (!this.jobs.add(job)) {
      // The same method, without the decorator's metadata.
      Object.defineProperty(service, 'onTick', { value: service.onTick.bind(service) });
    }
  }

  /** Runs the slot that a tick is for, however late the tick comes. Nothing happens when the task is left to manual runs. */
  public async tick<Report extends TaskReport>(task: Task, work: TaskWork<Report>): Promise<void> {
    const schedule = this.scheduleOf(task);
    const slot = schedule?.latestAt(this.clock.now());
    if (schedule !== undefined && slot !== undefined) {
      await this.scheduledRuns.run({ task: task.name, trigger: 'cron', slot, schedule, work });
    }
  }

  private scheduleOf({ scheduleOption }: Task): CronSchedule | undefined {
    const { timeZone, [scheduleOption]: expression } = this.options.schedule;
    return expression === false ? undefined : new CronSchedule(expression, timeZone);
  }

  /** Runs the latest slot when no replica did: all of them were down. Never throws. */
  private async catchUp<Report extends TaskReport>(task: Task, work: TaskWork<Report>): Promise<void> {
    const schedule = this.scheduleOf(task);
    if (schedule === undefined) {
      return;
    }
    try {
      await this.schema.ensure();
      const since = await this.schedules.note(task.name, schedule);
      const mayCatchUp = task.catchesUp && this.options.schedule.missedRuns === 'run-once';
      const slot = mayCatchUp ? schedule.latestAt(this.clock.now()) : undefined;
      if (slot !== undefined && slot > since && !(await this.runs.hasSlot(task.name, slot))) {
        this.logger.warn(`${task.name} of ${slot.toISOString()} was missed and is run now`);
        await this.scheduledRuns.run({ task: task.name, trigger: 'missed', slot, schedule, work });
      }
    } catch (error) {
      this.logger.error(`Whether a run of ${task.name} was missed could not be found out: ${errorMessage(error)}`);
    }
  }
}
