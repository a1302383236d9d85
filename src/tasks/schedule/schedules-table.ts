import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { BRIEF_WRITING, briefly } from '../../database/brief-statement.js';
import { expectOne } from '../../database/expect-one.js';
import { MAINTENANCE_DATA_SOURCE } from '../../database/maintenance-data-source.js';
import { RunsSchema } from '../runs/runs-schema.js';
import type { CronSchedule } from './cron-schedule.js';

/** Records which schedule each task has, and since when: a slot from before that was never missed. */
@Injectable()
export class SchedulesTable {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
  ) {}

  /** Records a schedule and answers since when it is in force: now, when it is new or another than before. */
  public async record(task: string, { expression, timeZone }: CronSchedule): Promise<Date> {
    const schedules = this.schema.table('schedules');
    const rows = await briefly<{ since: Date }>(
      this.dataSource,
      BRIEF_WRITING,
      `
      insert into ${schedules} as known (task, expression, time_zone, since)
      values ($1::pg_catalog.text, $2::pg_catalog.text, $3::pg_catalog.text, pg_catalog.now())
      on conflict (task) do update
      set expression = excluded.expression,
          time_zone = excluded.time_zone,
          since = case
            when known.expression operator(pg_catalog.=) excluded.expression
              and known.time_zone operator(pg_catalog.=) excluded.time_zone
            then known.since
            else excluded.since
          end
      returning since`,
      [task, expression, timeZone],
    );
    return expectOne(rows).since;
  }
}
