import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { BRIEF_READING, BRIEF_WRITING, briefly } from '../../database/brief-statement.js';
import { expectOne } from '../../database/expect-one.js';
import { type Instant, instantSql } from '../../database/instant.js';
import { MAINTENANCE_DATA_SOURCE } from '../../database/maintenance-data-source.js';
import { SQL_STATE, sqlState } from '../../database/sql-state.js';
import { RunsSchema } from '../runs/runs-schema.js';
import type { RecordedSchedule, RunSchedule, ScheduledBy } from './run-schedule.js';

/** Records which schedule each task has, and since when: a slot from before that was never missed. */
@Injectable()
export class SchedulesTable {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
  ) {}

  /** Records a schedule, in force from now on when it is new or another than before, and who runs the task. */
  public async record(
    task: string,
    { expression, timeZone }: RunSchedule,
    by: ScheduledBy,
  ): Promise<{ readonly at: Instant }> {
    const schedules = this.schema.table('schedules');
    const rows = await briefly<{ at: Instant }>(
      this.dataSource,
      BRIEF_WRITING,
      `
      insert into ${schedules} as known (task, expression, time_zone, run_by, since)
      values ($1::pg_catalog.text, $2::pg_catalog.text, $3::pg_catalog.text, $4::pg_catalog.text, pg_catalog.now())
      on conflict (task) do update
      set expression = excluded.expression,
          time_zone = excluded.time_zone,
          run_by = excluded.run_by,
          since = case
            when known.expression operator(pg_catalog.=) excluded.expression
              and known.time_zone operator(pg_catalog.=) excluded.time_zone
            then known.since
            else excluded.since
          end
      returning ${instantSql('pg_catalog.now()')} as at`,
      [task, expression, timeZone, by],
    );
    return expectOne(rows);
  }

  /** The schedule of a task as the replicas recorded it; null when they recorded none, or the role cannot tell. */
  public async recorded(task: string): Promise<RecordedSchedule | null> {
    if (!(await this.schema.find(false))) {
      return null;
    }
    const sql = `select ${recordedColumns('schedule')} as recorded from ${this.schema.table('schedules')} as schedule
      where schedule.task operator(pg_catalog.=) $1::pg_catalog.text`;
    try {
      const [found] = await briefly<{ recorded: RecordedSchedule }>(this.dataSource, BRIEF_READING, sql, [task]);
      return found?.recorded ?? null;
    } catch (error) {
      if (sqlState(error) === SQL_STATE.insufficientPrivilege) {
        return null;
      }
      throw error;
    }
  }

  /** The database's time, by which slots are granted. */
  public async now(): Promise<{ readonly at: Instant }> {
    const sql = `select ${instantSql('pg_catalog.clock_timestamp()')} as at`;
    return expectOne(await briefly<{ at: Instant }>(this.dataSource, BRIEF_READING, sql, []));
  }

  /** True for a slot from after the schedule that no process has run, nor passed over. */
  public async isMissed(task: string, slot: Date): Promise<boolean> {
    const missed = await briefly(
      this.dataSource,
      BRIEF_READING,
      `
      select
      from ${this.schema.table('schedules')} as schedule
      where schedule.task operator(pg_catalog.=) $1::pg_catalog.text
        and schedule.since operator(pg_catalog.<) $2::pg_catalog.timestamptz
        and not exists (
          select
          from ${this.schema.table('runs')} as run
          where run.task operator(pg_catalog.=) schedule.task
            and run.slot operator(pg_catalog.=) $2
        )`,
      [task, slot],
    );
    return missed.length > 0;
  }
}

/** A {@link RecordedSchedule} as JSON, by the alias of its row. */
export function recordedColumns(schedule: string): string {
  return `pg_catalog.jsonb_build_object(
             'by', ${schedule}.run_by, 'expression', ${schedule}.expression, 'timeZone', ${schedule}.time_zone,
             'since', ${instantSql(`${schedule}.since`)}
           )`;
}
