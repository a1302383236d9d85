import type { QueryRunner } from 'typeorm';
import type { MaintenanceTask } from '../contract/maintenance-task.js';
import { type Instant, instantSql } from '../database/instant.js';
import type { RecordedSchedule } from '../tasks/schedule/run-schedule.js';
import { recordedColumns } from '../tasks/schedule/schedules-table.js';
import { isInForceSql, pauseSql, type TaskPause } from '../contract/task-pause.js';
import { runColumns, type RunRow } from './run-row.js';

/** One task as the tables have it. */
export interface TaskRecord {
  readonly task: string;
  /** The last run that ended or was lost; skipped slots do not count. */
  readonly lastRun: RunRow | null;
  readonly running: RunRow | null;
  /** When the last run ended that succeeded, or was partial for its findings alone. */
  readonly lastSuccessAt: Instant | null;
  /** The pause in force; null when there is none. */
  readonly pause: TaskPause | null;
  /** When the last pause ended; null when it is in force, or there was none. */
  readonly pauseEndedAt: Instant | null;
  /** The schedule as the replicas recorded it, and since when it is in force. */
  readonly recorded: RecordedSchedule | null;
}

/** Where to read, and as of when. */
export interface RecordTables {
  /** Escaped for SQL, as the others are. */
  readonly runs: string;
  readonly schedules: string;
  readonly pauses: string;
  readonly at: Instant;
}

/** Reads what there is on each task, in the order of the names: four steps along the index over task and begin for each. */
export async function readTaskRecords(
  queryRunner: QueryRunner,
  { runs, schedules, pauses, at }: RecordTables,
  tasks: readonly Pick<MaintenanceTask, 'name' | 'completeDespite'>[],
): Promise<TaskRecord[]> {
  const pauseIsInForce = `(known.task is not null and ${isInForceSql('known', '$2::pg_catalog.timestamptz')})`;
  return queryRunner.query(
    `
    select wanted.task,
           pg_catalog.to_jsonb(last_run) as "lastRun",
           pg_catalog.to_jsonb(running) as running,
           ${instantSql('success.finished_at')} as "lastSuccessAt",
           case when ${pauseIsInForce} then ${pauseSql('known')} end as pause,
           case when not ${pauseIsInForce} then ${instantSql('coalesce(known.resumed_at, known.paused_until)')} end as "pauseEndedAt",
           case when recorded.task is not null then ${recordedColumns('recorded')} end as recorded
    from (
      select entry operator(pg_catalog.->>) 'name',
             array(select pg_catalog.jsonb_array_elements_text(entry operator(pg_catalog.->) 'completeDespite')),
             place
      from pg_catalog.jsonb_array_elements($1::pg_catalog.jsonb) with ordinality as given (entry, place)
    ) as wanted (task, complete_despite, place)
    left join lateral (
      select ${runColumns('$2::pg_catalog.timestamptz')}
      from ${runs} as run
      where run.task operator(pg_catalog.=) wanted.task
        and run.status operator(pg_catalog.<>) 'skipped'
        and (
          run.status operator(pg_catalog.<>) 'running'
          or run.lease_expires_at operator(pg_catalog.<) $2::pg_catalog.timestamptz
        )
      order by run.started_at desc
      limit 1
    ) as last_run on true
    left join lateral (
      select ${runColumns('$2::pg_catalog.timestamptz')}
      from ${runs} as run
      where run.task operator(pg_catalog.=) wanted.task
        and run.status operator(pg_catalog.=) 'running'
        and run.lease_expires_at operator(pg_catalog.>=) $2::pg_catalog.timestamptz
    ) as running on true
    left join lateral (
      select run.finished_at
      from ${runs} as run
      where run.task operator(pg_catalog.=) wanted.task
        and (
          run.status operator(pg_catalog.=) 'succeeded'
          or (
            run.status operator(pg_catalog.=) 'partial'
            and (run.error operator(pg_catalog.->>) 'code') operator(pg_catalog.=) any (wanted.complete_despite)
          )
        )
      order by run.started_at desc
      limit 1
    ) as success on true
    left join ${pauses} as known on known.task operator(pg_catalog.=) wanted.task
    left join ${schedules} as recorded on recorded.task operator(pg_catalog.=) wanted.task
    order by wanted.place`,
    [JSON.stringify(tasks.map(({ name, completeDespite = [] }) => ({ name, completeDespite }))), at],
  );
}
