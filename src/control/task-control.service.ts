import { Inject, Injectable } from '@nestjs/common';
import { type AttributedRequest, attributionOf } from '../contract/attribution.js';
import type { TaskPause } from '../contract/task-pause.js';
import type { Instant } from '../database/instant.js';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import type { TaskCommandName, TaskName } from '../maintenance-tasks.js';
import { readTime } from '../status/given-time.js';
import { validateRunId } from '../status/run-history-request.js';
import { RunHistoryService } from '../status/run-history.service.js';
import type { RunSummary } from '../status/run-summary.js';
import { type PauseEnd, type PauseEnding, PausesTable } from '../tasks/pauses-table.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import { type CancellationRequest, RunsTable } from '../tasks/runs/runs-table.js';
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
  ) {}

  /**
   * Asks a run to stop between two batches, whichever process it is at work in. It does so a second later as a rule, its report `stopped`
   * with the error `CANCELLED`; what it committed stays. Who asked first stands.
   *
   * @param id a UUID, or the beginning of one, of four characters or more, when no other run's begins so
   * @throws {MaintenanceConfigError} when the id or the request is invalid; nothing was changed
   * @throws {MaintenanceError} `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`, or `RUN_ENDED` when it is not at work; nothing was changed
   */
  public async cancel(id: string, request: AttributedRequest = {}): Promise<CancelledRun> {
    const by = attributionOf(validateAttribution('cancel', request));
    validateRunId('cancel', id);
    const run = await this.history.run(id);
    const requested = run.status === 'running' ? await this.runs.requestCancellation(run.runId, by) : undefined;
    if (requested === undefined) {
      throw notAtWork(run.status === 'running' ? await this.history.run(run.runId) : run);
    }
    const { runId, task, owner } = run;
    this.log.write('log', {
      text: withAttribution(`${task} ${runId} is to stop: it was cancelled`, requested.cancelledBy),
      fields: { event: 'run.cancel-requested', task, runId, ...requested },
    });
    return { runId, task, owner, ...requested };
  }

  /**
   * Pauses a task in the whole cluster: its slots are skipped, and runs by hand are refused unless they are forced, until the pause ends. A
   * run that is at work goes on.
   *
   * @param name that of the task, or of its command
   * @throws {MaintenanceConfigError} when there is no such task, the request is invalid, or `until` is over; nothing was changed
   * @throws {MaintenanceError} `ALREADY_PAUSED`; nothing was changed
   * @throws {RunsSchemaError} when there is no such schema and the role may not create it
   */
  public async pause(name: TaskName | TaskCommandName, request: PauseRequest): Promise<PausedTask> {
    const task = validateTaskName('pause', name);
    const { until, ...asked } = validatePause(request);
    await this.schema.find(true);
    const { paused, former, at } = await this.pauses.pause(task, endOf(until), attributionOf(asked));
    if (paused === null) {
      throw former === null ? isOver(until, at) : alreadyPaused(task, former);
    }
    this.log.write('log', {
      text: `${task} is ${pauseText(paused)}`,
      fields: { event: 'task.paused', task, ...paused },
    });
    return { task, ...paused };
  }

  /**
   * Ends the pause of a task: it runs again from its next slot on.
   *
   * @param name that of the task, or of its command
   * @throws {MaintenanceConfigError} when there is no such task, or the request is invalid; nothing was changed
   * @throws {MaintenanceError} `NOT_PAUSED`; nothing was changed
   */
  public async resume(name: TaskName | TaskCommandName, request: AttributedRequest = {}): Promise<ResumedTask> {
    const task = validateTaskName('resume', name);
    const by = attributionOf(validateAttribution('resume', request));
    const resumed = (await this.schema.find(false)) ? await this.pauses.resume(task, by) : undefined;
    if (resumed === undefined) {
      throw new MaintenanceError('NOT_PAUSED', `${task} is not paused: there is nothing to resume`);
    }
    this.log.write('log', {
      text: withAttribution(`${task} was resumed`, resumed.resumedBy),
      fields: { event: 'task.resumed', task, ...resumed },
    });
    return { task, ...resumed };
  }
}

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
