import { Inject, Injectable } from '@nestjs/common';
import { type AttributedRequest, attributionOf } from '../contract/attribution.js';
import type { ControlEvents } from '../contract/control-events.js';
import type { CancellationRequest } from '../contract/run-record.js';
import type { PauseEnding, TaskPause } from '../contract/task-pause.js';
import type { Instant } from '../database/instant.js';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { TaskCommandName, TaskName } from '../maintenance-tasks.js';
import { readTime } from '../status/given-time.js';
import { validateRunId } from '../status/run-history-request.js';
import { RunHistoryService } from '../status/run-history.service.js';
import type { RunSummary } from '../status/run-summary.js';
import { type PauseEnd, PausesTable } from '../tasks/pauses-table.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import { RunsTable } from '../tasks/runs/runs-table.js';
import { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import { MaintenanceLog } from '../telemetry/maintenance-log.js';
import { pauseText, withAttribution } from '../text/run-line.js';
import { hasOwn } from '../validation/own-properties.js';
import { describeValue } from '../validation/validation.js';
import { type PauseRequest, validateAttribution, validatePause, validateTaskName } from './control-requests.js';

/** A run that was asked to stop. */
export interface CancelledRun extends Pick<RunSummary, 'runId' | 'task' | 'owner'>, CancellationRequest {}

/** A task that was paused. */
export interface PausedTask extends TaskPause {
  readonly task: TaskName;
}

/** A task that was resumed, with the pause that it ended. */
export interface ResumedTask extends PauseEnding {
  readonly task: TaskName;
}

/** Says from any process what runs and tasks in any other are to do: all of it is kept in the database. */
@Injectable()
export class TaskControlService {
  public constructor(
    @Inject(RunHistoryService) private readonly history: RunHistoryService,
    @Inject(RunsTable) private readonly runs: RunsTable,
    @Inject(PausesTable) private readonly pauses: PausesTable,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(MaintenanceLog) private readonly log: MaintenanceLog,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents<ControlEvents>,
  ) {}

  /** @see `TenxyteMaintenanceService.cancel()` */
  public async cancel(id: string, request: AttributedRequest = {}): Promise<CancelledRun> {
    const by = attributionOf(validateAttribution('cancel', request));
    validateRunId('cancel', id);
    const run = await this.history.run(id);
    const requested =
      run.status === 'running'
        ? await this.permitted('runs', () => this.runs.requestCancellation(run.runId, by))
        : undefined;
    if (requested === undefined) {
      throw notAtWork(run.status === 'running' ? await this.history.run(run.runId) : run);
    }
    const { runId, task, owner } = run;
    const cancelled = { runId, task, owner, ...requested };
    this.events.emit('tenxyte-maintenance.run.cancel-requested', cancelled);
    this.log.write('log', {
      text: withAttribution(`${task} ${runId} is to stop: it was cancelled`, requested.cancelledBy),
      fields: { event: 'run.cancel-requested', ...cancelled },
    });
    return cancelled;
  }

  /** @see `TenxyteMaintenanceService.pause()` */
  public async pause(name: TaskName | TaskCommandName, request: PauseRequest): Promise<PausedTask> {
    const task = validateTaskName('pause', name);
    const { until, ...asked } = validatePause(request);
    await this.schema.find(true);
    const { paused, former, at } = await this.permitted('pauses', () =>
      this.pauses.pause(task, endOf(until), attributionOf(asked)),
    );
    if (paused === null) {
      throw former === null ? isOver(until, at) : alreadyPaused(task, former);
    }
    const pausedTask = { task, ...paused };
    this.events.emit('tenxyte-maintenance.task.paused', pausedTask);
    this.log.write('log', {
      text: `${task} is ${pauseText(paused)}`,
      fields: { event: 'task.paused', ...pausedTask },
    });
    return pausedTask;
  }

  /** @see `TenxyteMaintenanceService.resume()` */
  public async resume(name: TaskName | TaskCommandName, request: AttributedRequest = {}): Promise<ResumedTask> {
    const task = validateTaskName('resume', name);
    const by = attributionOf(validateAttribution('resume', request));
    const resumed = (await this.schema.find(false))
      ? await this.permitted('pauses', () => this.pauses.resume(task, by))
      : undefined;
    if (resumed === undefined) {
      throw new MaintenanceError('NOT_PAUSED', `${task} is not paused: there is nothing to resume`);
    }
    const resumedTask = { task, ...resumed };
    this.events.emit('tenxyte-maintenance.task.resumed', resumedTask);
    this.log.write('log', {
      text: withAttribution(`${task} was resumed`, resumed.resumedBy),
      fields: { event: 'task.resumed', ...resumedTask },
    });
    return resumedTask;
  }

  private async permitted<Result>(table: keyof typeof GRANTS, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (sqlState(error) !== SQL_STATE.insufficientPrivilege) {
        throw error;
      }
      const grant = `grant select, ${GRANTS[table]} on ${this.schema.table(table)} to it`;
      throw new MaintenanceError('PERMISSION_DENIED', `The database role may not do that: ${grant}`, { cause: error });
    }
  }
}

/** What is needed on each table beside the grants of the status. */
const GRANTS = {
  runs: 'update (cancel_requested_at, cancel_actor, cancel_reason)',
  pauses: 'insert, update',
} as const;

function endOf(until: Date | string | undefined): PauseEnd {
  const time = readTime(until);
  return time === undefined
    ? { at: null, inMs: null }
    : { at: hasOwn(time, 'at') ? time.at : null, inMs: hasOwn(time, 'spanMs') ? time.spanMs : null };
}

function isOver(until: Date | string | undefined, at: Instant): MaintenanceConfigError {
  const received = until instanceof Date ? until.toISOString() : describeValue(until);
  const accepted = `a time after the database's, which is ${at}`;
  return new MaintenanceConfigError('Invalid call of pause()', [{ path: 'until', received, accepted }]);
}

function alreadyPaused(task: TaskName, former: TaskPause): MaintenanceError {
  return new MaintenanceError('ALREADY_PAUSED', `${task} is ${pauseText(former)} already: resume it first`);
}

function notAtWork({ runId, task, status, finishedAt }: RunSummary): MaintenanceError {
  const end = finishedAt === null ? status : `${status} at ${finishedAt}`;
  return new MaintenanceError(
    'RUN_ENDED',
    `Run ${runId} of ${task} is not at work (${end}): there is nothing to cancel`,
  );
}
