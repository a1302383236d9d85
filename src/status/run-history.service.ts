import { Inject, Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { TASK_NAMES, taskNamed } from '../maintenance-tasks.js';
import { readTime, sinceInstant } from './given-time.js';
import { readRuns, readRunsById } from './read-runs.js';
import {
  DEFAULT_HISTORY_LIMIT,
  type RunHistoryRequest,
  runIdRange,
  validateRunHistoryRequest,
  validateRunId,
} from './run-history-request.js';
import type { RecordTables } from './read-task-records.js';
import { RunRecords } from './run-records.js';
import { type RunRow, toSummary } from './run-row.js';
import type { RecordedRun, RunSummary } from './run-summary.js';

/** Lists the runs of the past, as long as their records are kept. Changes nothing. */
@Injectable()
export class RunHistoryService {
  public constructor(@Inject(RunRecords) private readonly records: RunRecords) {}

  /**
   * The latest runs, the latest first; none when nothing ever ran. `before`, the last run of a page, leads to the next one: none is left out
   * or comes twice, also of those that began at once.
   *
   * @throws {MaintenanceConfigError} when the request is invalid
   * @throws {MaintenanceError} `RUN_NOT_FOUND` or `RUN_AMBIGUOUS` for `before`, as `run()` does
   * @throws {MaintenanceError} `PERMISSION_DENIED`, saying what to grant, when the role may not read the table of runs
   */
  public async history(request: RunHistoryRequest = {}): Promise<RunSummary[]> {
    const {
      task,
      status = null,
      limit = DEFAULT_HISTORY_LIMIT,
      since: from,
      withoutIdle,
      before,
    } = validateRunHistoryRequest(request);
    const wanted = taskNamed(task);
    const tasks = wanted === undefined ? TASK_NAMES : [wanted.name];
    const begin = readTime(from);
    const { answer = [] } = await this.records.read(async (queryRunner, tables) => {
      const since = begin === undefined ? null : sinceInstant(begin, tables.at);
      const last = before === undefined ? null : await theRun(before, queryRunner, tables);
      return readRuns(queryRunner, tables, {
        tasks,
        status,
        since,
        before: last,
        withoutIdle: withoutIdle === true,
        limit,
      });
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
    validateRunId('run', id);
    const { answer: row } = await this.records.read((queryRunner, tables) => theRun(id, queryRunner, tables));
    if (row === undefined) {
      throw notFound(id);
    }
    return { ...toSummary(row), report: row.report };
  }
}

async function theRun(
  id: string,
  queryRunner: QueryRunner,
  tables: RecordTables,
): Promise<RunRow & Pick<RecordedRun, 'report'>> {
  const [row, other] = await readRunsById(queryRunner, tables, runIdRange(id) ?? { from: id, to: id });
  if (row === undefined) {
    throw notFound(id);
  }
  if (other !== undefined) {
    throw new MaintenanceError('RUN_AMBIGUOUS', `More than one run's id begins with ${id}: give more of it`);
  }
  return row;
}

function notFound(id: string): MaintenanceError {
  return new MaintenanceError('RUN_NOT_FOUND', `There is no record of a run ${id}: history lists those there are`);
}
