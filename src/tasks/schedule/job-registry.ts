import { Inject, Injectable, Logger, Module, type OnApplicationBootstrap, Optional } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type CronOptions, SchedulerRegistry } from '@nestjs/schedule';
import { CronJob } from 'cron';
import type { MaintenanceTask } from '../../contract/maintenance-task.js';
import type { CronSchedule } from './cron-schedule.js';
import { type JobOfImport, nameJobs } from './job-names.js';
import { DEFAULT_TIME_ZONE } from './schedule-settings.js';

/** A tick this late still counts, in milliseconds: which slot it is for is told by the clock, and `cron` would drop it after 250 ms. */
const LATEST_TICK_MS = 60 * 60_000;

/**
 * The options of a task's `@Cron`. The job is made but not started: the options of the module, which no decorator knows, say when it is
 * to run and whether at all.
 */
export function cronOptions({ jobName }: MaintenanceTask): CronOptions {
  return { name: jobName, timeZone: DEFAULT_TIME_ZONE, disabled: true, threshold: LATEST_TICK_MS };
}

/** A job of one import of the module. */
interface ScheduledJob extends JobOfImport {
  /** The service whose method carries `@Cron`. */
  readonly service: object;
  /** Said at start-up; undefined on a command line. */
  readonly announcement: string | undefined;
  /** Undefined when the options leave the task to others, or to manual runs. */
  readonly schedule: CronSchedule | undefined;
  readonly onTick: () => Promise<void>;
  /** Called once the job is at work, and at start-up for a task without one. */
  readonly onStarted: () => void;
}

type KnownJob = ScheduledJob & { readonly isDecorated: boolean };

/**
 * Starts the jobs of every import of the module, each once. It belongs to a module that is not global, so that it comes after the host's
 * `ScheduleModule`, which makes the jobs that carry `@Cron`, at bootstrap too.
 */
@Injectable()
export class JobRegistry implements OnApplicationBootstrap {
  private readonly logger = new Logger('TenxyteMaintenance');
  private readonly jobs: KnownJob[] = [];
  private cause: string | undefined;

  public constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Optional() @Inject(SchedulerRegistry) private readonly scheduler?: SchedulerRegistry,
  ) {}

  /** Why no job of this process runs though some are scheduled; undefined when they do, or before the application is up. */
  public get whyNothingRuns(): string | undefined {
    return this.cause;
  }

  /**
   * Adds a job. True when `ScheduleModule` may find the `@Cron` of this service: names must be unique in an application, so that of a
   * second import must be hidden from it.
   */
  public add(job: ScheduledJob): boolean {
    const isDecorated = !this.jobs.some(({ name }) => name === job.name);
    this.jobs.push({ ...job, isDecorated });
    return isDecorated;
  }

  public onApplicationBootstrap(): void {
    const { named, repeated } = nameJobs(this.inOrderOfImport());
    const wanted = named.filter(({ job }) => job.schedule !== undefined);
    if (wanted.length > 0 && (this.scheduler === undefined || !this.makesJobs(this.scheduler))) {
      this.warnOfMissing(wanted.map(({ jobName }) => jobName));
      named.filter(({ job }) => job.schedule === undefined).forEach(({ job }) => this.begin(job));
      return;
    }
    for (const { job, jobName } of named) {
      this.startTimer(job, jobName);
      this.begin(job);
    }
    if (repeated.some(({ schedule }) => schedule !== undefined)) {
      this.warnOfRepetition();
    }
  }

  /** Services are made in an order that depends on what they wait for. */
  private inOrderOfImport(): readonly KnownJob[] {
    const modules = [...this.modules.values()];
    const position = ({ service }: KnownJob): number =>
      modules.findIndex(({ providers }) => [...providers.values()].some(({ instance }) => instance === service));
    return this.jobs.toSorted((one, other) => position(one) - position(other));
  }

  /** With `cronJobs: false` the host's `ScheduleModule` makes none of those that carry `@Cron`. */
  private makesJobs(scheduler: SchedulerRegistry): boolean {
    return this.jobs.some(({ name, isDecorated }) => isDecorated && scheduler.doesExist('cron', name));
  }

  private begin({ announcement, onStarted }: KnownJob): void {
    if (announcement !== undefined) {
      this.logger.log(announcement);
    }
    onStarted();
  }

  private startTimer(job: KnownJob, jobName: string): void {
    const { scheduler } = this;
    if (scheduler === undefined || job.schedule === undefined) {
      return;
    }
    if (job.isDecorated && jobName === job.name) {
      retime(scheduler.getCronJob(jobName), job.schedule);
    } else {
      if (scheduler.doesExist('cron', jobName)) {
        scheduler.deleteCronJob(jobName);
      }
      scheduler.addCronJob(jobName, newJob(job, job.schedule));
    }
  }

  private warnOfMissing(names: readonly string[]): void {
    this.cause =
      this.scheduler === undefined
        ? 'the application has no ScheduleModule: add ScheduleModule.forRoot() of @nestjs/schedule to its imports'
        : 'the ScheduleModule runs with cronJobs: false';
    this.logger.warn(
      `Nothing runs on schedule in this process (${names.join(', ')}), as ${this.cause}. Manual runs work; ` +
        'to leave a task to them for good, set its schedule to false.',
    );
  }

  private warnOfRepetition(): void {
    this.logger.warn(
      'TenxyteMaintenanceModule is imported more than once on the same data source: the schedule of the first import is in force. ' +
        'Import it once, with isGlobal: true when its services are needed elsewhere.',
    );
  }
}

/** The job's own constructor of times: the host may have another copy of `cron`. */
function retime(job: CronJob, { expression, timeZone }: CronSchedule): void {
  const Time = job.cronTime.constructor as new (source: string, zone: string) => CronJob['cronTime'];
  job.setTime(new Time(expression, timeZone));
  job.start();
}

function newJob({ onTick }: ScheduledJob, { expression, timeZone }: CronSchedule): CronJob {
  return CronJob.from({ cronTime: expression, timeZone, onTick, start: true, threshold: LATEST_TICK_MS });
}

/** Makes the one {@link JobRegistry} of an application, however often the module is imported. */
@Module({ providers: [JobRegistry], exports: [JobRegistry] })
export class JobRegistryModule {}
