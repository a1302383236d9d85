import { Inject, Injectable } from '@nestjs/common';
import type { MaintenanceTask } from '../contract/maintenance-task.js';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../contract/run-environment.js';
import { type Instant, instantBefore } from '../database/instant.js';
import { MAINTENANCE_TASKS, type TaskName } from '../maintenance-tasks.js';
import { askForTime, RunTime, Uptime, WallClock } from '../tasks/clocks.js';
import { type ScheduleInForce, SchedulesInForce } from '../tasks/schedule/schedule-in-force.js';
import { type CompleteHealthSettings, HEALTH_SETTINGS } from './health-settings.js';
import { readTaskRecords, type TaskRecord } from './read-task-records.js';
import { RunRecords } from './run-records.js';
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
  /** By how many milliseconds the application's clock is ahead of the database's, as `askForTime` tells. */
  readonly leadMs: number;
}

/** Looks at every task through the tables of runs and schedules, which tell for the whole cluster and past restarts. */
@Injectable()
export class TaskEvaluator {
  public constructor(
    @Inject(HEALTH_SETTINGS) private readonly settings: CompleteHealthSettings,
    @Inject(SchedulesInForce) private readonly schedules: SchedulesInForce,
    @Inject(RUN_ENVIRONMENT) private readonly environment: RunEnvironment,
    @Inject(RunRecords) private readonly records: RunRecords,
    @Inject(WallClock) public readonly clock: WallClock,
    @Inject(RunTime) public readonly time: RunTime,
    @Inject(Uptime) private readonly uptime: Uptime,
  ) {}

  /** @see {@link RunRecords.read} for the errors */
  public async evaluate(): Promise<TaskEvaluation> {
    const { at, answer, leadMs } = await askForTime(this, () =>
      this.records.read((queryRunner, tables) => readTaskRecords(queryRunner, tables, MAINTENANCE_TASKS)),
    );
    const tasks = MAINTENANCE_TASKS.map((task) =>
      this.evaluateTask(task, answer?.find((record) => record.task === task.name) ?? emptyRecord(task.name), at),
    );
    return { at, isRecorded: answer !== undefined, tasks, leadMs };
  }

  private evaluateTask(task: MaintenanceTask<TaskName>, record: TaskRecord, at: Instant): EvaluatedTask {
    const inForce = this.schedules.of(task, record.recorded);
    const findings = taskFindings({
      task,
      record,
      inForce,
      since: inForce.since ?? (record.lastSuccessAt === null ? this.startOfApplication(at) : null),
      at,
      tolerance: this.settings,
    });
    return { task: task.name, record, inForce, findings };
  }

  /** A schedule that was never recorded, as the application has no `ScheduleModule`, is known since the application started. */
  private startOfApplication(at: Instant): Instant | null {
    return this.environment === 'application' ? instantBefore(at, Math.floor(this.uptime.seconds() * 1000)) : null;
  }
}

function emptyRecord(task: TaskName): TaskRecord {
  return { task, lastRun: null, running: null, lastSuccessAt: null, pause: null, pauseEndedAt: null, recorded: null };
}
