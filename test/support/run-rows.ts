import { randomUUID } from 'node:crypto';
import { MAINTENANCE_TASKS, type MaintenanceTask, type ReportedError, type TaskReport } from '../../src/index.js';
import { endOf } from '../../src/tasks/run-endings.js';
import type { TestDatabase } from './test-database.js';

const TASKS: readonly MaintenanceTask[] = MAINTENANCE_TASKS;

/** A row of the table of runs; what is left out is that of a scheduled cleanup that succeeded. */
export interface RunFields {
  readonly id?: string;
  readonly task?: string;
  readonly trigger?: string;
  readonly owner?: string;
  readonly status?: string;
  readonly slot?: string;
  readonly started_at: string;
  readonly finished_at?: string;
  readonly lease_expires_at?: string;
  readonly stop_reason?: string;
  readonly is_idle?: boolean;
  readonly progress?: object;
  readonly actor?: string;
  readonly reason?: string;
  readonly report?: object;
  readonly summary?: string;
  readonly error?: object;
}

/** Inserts runs and answers their ids. A run that is not `running` ended 1.5 s after it began. */
export async function insertRuns(
  database: Pick<TestDatabase, 'query'>,
  runs: readonly RunFields[],
  schema = 'tenxyte_maintenance',
): Promise<string[]> {
  const rows = runs.map((run) => ({
    id: randomUUID(),
    task: 'cleanup',
    trigger: 'cron',
    owner: 'pod-1:7:abcd1234',
    status: 'succeeded',
    force: false,
    protocol: 1,
    is_idle: false,
    ...(run.status === 'running' ? {} : { finished_at: later(run.started_at), summary: run.summary ?? summaryOf(run) }),
    ...run,
  }));
  await database.query(`insert into ${schema}.runs select * from jsonb_populate_recordset(null::${schema}.runs, $1)`, [
    JSON.stringify(rows),
  ]);
  return rows.map(({ id }) => id);
}

/** As the run would have recorded it, with a report of which a test gives what it is about. */
function summaryOf({ task: name = 'cleanup', status = 'succeeded', report, error }: RunFields): string {
  const task = TASKS.find((candidate) => candidate.name === name);
  const reported = error as ReportedError | undefined;
  if (task === undefined || report === undefined) {
    return reported?.message ?? status;
  }
  const nothing = task.nothingDone({}, { code: '', message: '', retryable: false });
  const whole = { ...nothing, ...report, status, ...(reported === undefined ? {} : { error: reported }) };
  return endOf({ ...task, logSummary: () => ({ text: '', fields: {} }) }, whole as unknown as TaskReport).summary;
}

function later(instant: string): string {
  return new Date(Date.parse(instant) + 1_500).toISOString();
}
