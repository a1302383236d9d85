import type { QueryRunner } from 'typeorm';
import type { TaskReport } from '../contract/task-report.js';
import type { Instant } from '../database/instant.js';
import type { RecordTables } from './read-task-records.js';
import { effectiveStatus, runColumns, type RunRow } from './run-row.js';

/**
 * Reads the latest runs, the latest first, and by their ids where several began at once: for each task along the index over task and begin, and the latest of those.
 */
export async function readRuns(
  queryRunner: QueryRunner,
  { runs, at }: RecordTables,
  {
    tasks,
    status,
    since,
    before = null,
    withoutIdle = false,
    limit,
  }: {
    readonly tasks: readonly string[];
    /** Null for every one. */
    readonly status: string | null;
    /** Null for all time. */
    readonly since: Instant | null;
    /** Those that follow this one in the list. @default null, from the first on */
    readonly before?: Pick<RunRow, 'runId' | 'startedAt'> | null;
    /** Leaves those out that found nothing to do. @default false */
    readonly withoutIdle?: boolean;
    readonly limit: number;
  },
): Promise<RunRow[]> {
  // Found along the smaller index: an idle run has succeeded.
  const isNoSuccess = status !== null && status !== 'succeeded';
  return queryRunner.query(
    `
    select ${runColumns('$1::pg_catalog.timestamptz')}
    from pg_catalog.unnest($2::pg_catalog.text[]) as wanted (task)
    cross join lateral (
      select *
      from ${runs} as run
      where run.task operator(pg_catalog.=) wanted.task
        and ($3::pg_catalog.text is null or ${effectiveStatus('$1::pg_catalog.timestamptz')} operator(pg_catalog.=) $3)
        and run.started_at operator(pg_catalog.>=) coalesce($4::pg_catalog.timestamptz, '-infinity')
        and run.started_at operator(pg_catalog.<=) coalesce($6::pg_catalog.timestamptz, 'infinity')
        and (
          $7::pg_catalog.uuid is null
          or run.started_at operator(pg_catalog.<) $6
          or run.id operator(pg_catalog.>) $7
        )
        ${withoutIdle || isNoSuccess ? 'and not run.is_idle' : ''}
      order by run.started_at desc, run.id
      limit $5::integer
    ) as run
    order by run.started_at desc, run.id
    limit $5::integer`,
    [at, tasks, status, since, limit, before?.startedAt ?? null, before?.runId ?? null],
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
    select ${runColumns('$1::pg_catalog.timestamptz')},
           run.report
    from ${runs} as run
    where run.id operator(pg_catalog.>=) $2::pg_catalog.uuid
      and run.id operator(pg_catalog.<=) $3::pg_catalog.uuid
    order by run.id
    limit 2`,
    [at, from, to],
  );
}
