import { Inject, Injectable } from '@nestjs/common';
import {
  MAINTENANCE_TASKS,
  type MaintenanceTask,
  type TaskName,
  type TaskScheduleOption,
} from '../contract/maintenance-task.js';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../contract/run-environment.js';
import { type Instant, instantBefore } from '../database/instant.js';
import {
  MAINTENANCE_OPTIONS,
  type ResolvedMaintenanceOptions,
  type TenxyteMaintenanceOptions,
} from '../options/maintenance-options.js';
import { Uptime } from '../tasks/clocks.js';
import { RAW_OPTIONS } from '../tenxyte-maintenance.module-definition.js';
import { readTaskRecords, type TaskRecord } from './read-task-records.js';
import { RunRecords } from './run-records.js';
import { type ScheduleInForce, scheduleInForce } from './schedule-in-force.js';
import { type TaskFinding, taskFindings } from './task-findings.js';

/** One task, with what is known of it and what is wrong with it. */
export interface EvaluatedTask {
  readonly task: TaskName;
  readonly record: TaskRecord;
  readonly inForce: ScheduleInForce;
  readonly findings: readonly TaskFinding[];
}

/** Every task, as of one time. */
export interface TaskEvaluation {
  readonly at: Instant;
  /** False when this package's tables are not there. */
  readonly isRecorded: boolean;
  readonly tasks: readonly EvaluatedTask[];
}

type Task = MaintenanceTask & { readonly name: TaskName; readonly scheduleOption: TaskScheduleOption };

/** Looks at every task through the tables of runs and schedules, which tell for the whole cluster and past restarts. */
@Injectable()
export class TaskEvaluator {
  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(RAW_OPTIONS) private readonly given: TenxyteMaintenanceOptions | undefined,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(RunRecords) private readonly records: RunRecords,
    @Inject(Uptime) private readonly uptime: Uptime,
  ) {}

  /** @see {@link RunRecords.read} for the errors */
  public async examine(): Promise<TaskEvaluation> {
    const names = MAINTENANCE_TASKS.map(({ name }) => name);
    const { at, answer } = await this.records.read((queryRunner, tables) =>
      readTaskRecords(queryRunner, tables, names),
    );
    const tasks = MAINTENANCE_TASKS.map((task) =>
      this.examineTask(task, answer?.find((record) => record.task === task.name) ?? emptyRecord(task.name), at),
    );
    return { at, isRecorded: answer !== undefined, tasks };
  }

  private examineTask({ name, scheduleOption }: Task, record: TaskRecord, at: Instant): EvaluatedTask {
    const inForce = scheduleInForce({ scheduleOption, settings: this.ownSchedule, noted: record.noted });
    const findings = taskFindings({
      record,
      schedule: inForce.schedule,
      since: inForce.since ?? (record.lastSuccessAt === null ? this.startOfApplication(at) : null),
      at,
      tolerance: this.options.health,
    });
    return { task: name, record, inForce, findings };
  }

  /** The command line knows the application's schedules only when a config file gives them. */
  private get ownSchedule(): ResolvedMaintenanceOptions['schedule'] | undefined {
    const isTold = this.environment === 'application' || this.given?.schedule !== undefined;
    return isTold ? this.options.schedule : undefined;
  }

  /** A schedule that was never noted, as the application has no `ScheduleModule`, is known since the application started. */
  private startOfApplication(at: Instant): Instant | null {
    return this.environment === 'application' ? instantBefore(at, Math.floor(this.uptime.seconds() * 1000)) : null;
  }
}

function emptyRecord(task: TaskName): TaskRecord {
  return { task, lastRun: null, running: null, lastSuccessAt: null, noted: null };
}
