import { Inject, Injectable } from '@nestjs/common';
import { type AttributedRequest, attributionOf } from '../contract/attribution.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { validateRunId } from '../status/run-history-request.js';
import { RunHistoryService } from '../status/run-history.service.js';
import type { RunSummary } from '../status/run-summary.js';
import { type CancellationRequest, RunsTable } from '../tasks/runs/runs-table.js';
import { MaintenanceLog } from '../telemetry/maintenance-log.js';
import { withAttribution } from '../text/run-line.js';
import { validateCancellation } from './control-requests.js';

/** A run that was asked to stop. */
export interface CancelledRun extends Pick<RunSummary, 'runId' | 'task' | 'owner'>, CancellationRequest {}

/** Says from any process what runs and tasks in any other are to do: all of it is kept in the database. */
@Injectable()
export class TaskControlService {
  public constructor(
    @Inject(RunHistoryService) private readonly history: RunHistoryService,
    @Inject(RunsTable) private readonly runs: RunsTable,
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
    const by = attributionOf(validateCancellation(request));
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
}

function notAtWork({ runId, task, status, finishedAt }: RunSummary): MaintenanceError {
  const end = finishedAt === null ? status : `${status} at ${finishedAt}`;
  return new MaintenanceError(
    'RUN_ENDED',
    `Run ${runId} of ${task} is not at work (${end}): there is nothing to cancel`,
  );
}
