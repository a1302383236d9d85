import type { QueryRunner } from 'typeorm';
import type { TaskReport } from '../contract/task-report.js';
import type { Instant } from '../database/instant.js';
import type { RecordTables } from './read-task-records.js';
import { effectiveStatus, runColumns, type RunRow } from './run-row.js';

/** Reads the latest runs, the latest first: for each task along the index over task and begin, and the latest of those. */
export async function readRuns(
  queryRunner: QueryRunner,
  { runs, at }: RecordTables,
  {
    tasks,
    status,
    since,
    limit,
  }: {
    readonly tasks: readonly string[];
    /** Null for every one. */
    readonly status: string | null;
    /** Null for all time. */
    readonly since: Instant | null;
    readonly limit: number;
  },
): Promise<RunRow[]> {
  return queryRunner.query(
    `
    select ${runColumns('$1::timestamptz')}
    from unnest($2::text[]) as wanted (task)
    cross join lateral (
      select *
      from ${runs} as run
      where run.task = wanted.task
        and ($3::text is null or ${effectiveStatus('$1::timestamptz')} = $3::text)
        and run.started_at >= coalesce($4::timestamptz, '-infinity')
      order by run.started_at desc
      limit $5::integer
    ) as run
    order by run.started_at desc, run.id
    limit $5::integer`,
    [at, tasks, status, since, limit],
  );
}

/** Reads the runs whose id lies in a range, two at most: enough to know whether there is more than one. */
export async function readRunsById(
  queryRunner: QueryRunner,
  { runs, at }: RecordTables,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<(RunRow & { readonly report: TaskReport | null })[]> {
  return queryRunner.query(
    `
    select ${runColumns('$1::timestamptz')},
           run.report
    from ${runs} as run
    where run.id between $2::uuid and $3::uuid
    order by run.id
    limit 2`,
    [at, from, to],
  );
}
