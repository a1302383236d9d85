import { Inject, Injectable } from '@nestjs/common';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { TASK_NAMES, taskNamed } from '../maintenance-tasks.js';
import { readSince, sinceInstant } from './history-since.js';
import { readRuns, readRunsById } from './read-runs.js';
import {
  DEFAULT_HISTORY_LIMIT,
  type RunHistoryRequest,
  runIdRange,
  validateRunHistoryRequest,
  validateRunId,
} from './run-history-request.js';
import { RunRecords } from './run-records.js';
import { toSummary } from './run-row.js';
import type { RecordedRun, RunSummary } from './run-summary.js';

/** Lists the runs of the past, as long as their records are kept. Changes nothing. */
@Injectable()
export class RunHistoryService {
  public constructor(@Inject(RunRecords) private readonly records: RunRecords) {}

  /**
   * The latest runs, the latest first; none when nothing ever ran.
   *
   * @throws {MaintenanceConfigError} when the request is invalid
   * @throws {MaintenanceError} `PERMISSION_DENIED`, saying what to grant, when the role may not read the table of runs
   */
  public async history(request: RunHistoryRequest = {}): Promise<RunSummary[]> {
    const { task, status = null, limit = DEFAULT_HISTORY_LIMIT, since: from } = validateRunHistoryRequest(request);
    const wanted = taskNamed(task);
    const tasks = wanted === undefined ? TASK_NAMES : [wanted.name];
    const begin = readSince(from);
    const { answer = [] } = await this.records.read((queryRunner, tables) => {
      const since = begin === undefined ? null : sinceInstant(begin, tables.at);
      return readRuns(queryRunner, tables, { tasks, status, since, limit });
    });
    return answer.map(toSummary);
  }

  /**
   * One run with its whole report.
   *
   * @param id a UUID, or the beginning of one, of four characters or more, when no other run's begins so
   * @throws {MaintenanceConfigError} when it is no such text
   * @throws {MaintenanceError} `RUN_NOT_FOUND`, or `RUN_AMBIGUOUS` when several ids begin so
   */
  public async run(id: string): Promise<RecordedRun> {
    validateRunId(id);
    const range = runIdRange(id) ?? { from: id, to: id };
    const { answer = [] } = await this.records.read((queryRunner, tables) => readRunsById(queryRunner, tables, range));
    const [row, other] = answer;
    if (row === undefined) {
      throw new MaintenanceError('RUN_NOT_FOUND', `There is no record of a run ${id}: history lists those there are`);
    }
    if (other !== undefined) {
      throw new MaintenanceError('RUN_AMBIGUOUS', `More than one run's id begins with ${id}: give more of it`);
    }
    return { ...toSummary(row), report: row.report };
  }
}
