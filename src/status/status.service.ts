import { Inject, Injectable } from '@nestjs/common';
import type { Instant } from '../database/instant.js';
import { HoldsTable } from '../holds/holds-table.js';
import { describeSchedule, type ScheduleInForce } from '../tasks/schedule/schedule-in-force.js';
import { healthOfTask, nextRunAt } from './health-of-task.js';
import type { MaintenanceStatus, RunningRun, TaskSchedule, TaskState } from './maintenance-status.js';
import { RunRecords } from './run-records.js';
import { type RunRow, toSummary } from './run-row.js';
import { type EvaluatedTask, TaskEvaluator } from './task-evaluator.js';

/** Says how every task stands: its schedule, its last run, its next one and its health. Changes nothing. */
@Injectable()
export class StatusService {
  public constructor(
    @Inject(TaskEvaluator) private readonly evaluator: TaskEvaluator,
    @Inject(RunRecords) private readonly records: RunRecords,
    @Inject(HoldsTable) private readonly holds: HoldsTable,
  ) {}

  /**
   * The status of every task, in the whole cluster.
   *
   * @throws {MaintenanceError} `PERMISSION_DENIED`, saying what to grant, when the role may not read the tables of runs and schedules
   */
  public async status(): Promise<MaintenanceStatus> {
    const { at, isRecorded, tasks } = await this.evaluator.evaluate();
    const { answer: holds = null } = await this.records.read((queryRunner) => this.holds.summary(queryRunner));
    return {
      task: 'status',
      status: 'succeeded',
      at,
      isRecorded,
      tasks: await Promise.all(tasks.map((evaluated) => stateOf(evaluated, at))),
      holds,
    };
  }
}

async function stateOf(evaluated: EvaluatedTask, at: Instant): Promise<TaskState> {
  const { task, record, inForce } = evaluated;
  return {
    task,
    schedule: await scheduleOf(inForce),
    lastRun: record.lastRun === null ? null : toSummary(record.lastRun),
    lastSuccessAt: record.lastSuccessAt,
    running: record.running === null ? null : runningRun(record.running, at),
    pause: record.pause,
    nextRunAt: nextRunAt(evaluated, at),
    ...healthOfTask(evaluated, at),
  };
}

async function scheduleOf({ source, by, schedule, since }: ScheduleInForce): Promise<TaskSchedule> {
  return {
    source,
    by: by ?? null,
    expression: schedule?.expression ?? null,
    description: schedule === undefined ? null : await describeSchedule(schedule),
    timeZone: schedule?.timeZone ?? null,
    recordedSince: since,
  };
}

function runningRun(row: RunRow, at: Instant): RunningRun {
  const { runId, trigger, slot, owner, force, startedBy, startedAt, cancelRequestedAt, cancelledBy } = row;
  const leaseExpiresAt = row.leaseExpiresAt ?? at;
  const leaseSecondsLeft = Math.floor((Date.parse(leaseExpiresAt) - Date.parse(at)) / 1000);
  const begin = { runId, trigger, slot, owner, force, startedBy, startedAt };
  const { progress } = row;
  return { ...begin, cancelRequestedAt, cancelledBy, leaseExpiresAt, leaseSecondsLeft, progress };
}
