import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { type Attribution, attributionSql } from '../contract/attribution.js';
import { isInForceSql, type PauseEnding, pauseSql, type TaskPause } from '../contract/task-pause.js';
import { BRIEF_WRITING, briefly } from '../database/brief-statement.js';
import { expectOne } from '../database/expect-one.js';
import { type Instant, instantSql } from '../database/instant.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import { RunsSchema } from './runs/runs-schema.js';
import { inAnyEncoding } from './runs/storable-text.js';

/** When a pause is to end: at a time, so many milliseconds from now by the database's clock, or, both null, not by itself. */
export interface PauseEnd {
  readonly at: string | null;
  readonly inMs: number | null;
}

/** The answer to a pause. */
export interface PauseOutcome {
  /** The new pause; null when there is none. */
  readonly paused: TaskPause | null;
  /** The pause that was in force already; null when none was. */
  readonly former: TaskPause | null;
  readonly at: Instant;
}

/** Records which tasks are paused: one row a task, of its latest pause. */
@Injectable()
export class PausesTable {
  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
  ) {}

  /** Pauses a task that is not paused, until a time that is not over. */
  public async pause(task: string, end: PauseEnd, by: Attribution | null): Promise<PauseOutcome> {
    const { at, inMs } = end;
    const values = [task, at, inMs, by?.actor ?? null, by?.reason ?? null] as const;
    const sql = `
      with asked as materialized (
        select coalesce(
          $2::pg_catalog.timestamptz,
          pg_catalog.now() operator(pg_catalog.+) ($3::pg_catalog.float8 operator(pg_catalog.*) interval '1 millisecond')
        ) as until
      ), paused as (
        insert into ${this.pauses} as known (task, paused_at, paused_until, actor, reason)
        select $1::pg_catalog.text, pg_catalog.now(), until, $4::pg_catalog.text, $5::pg_catalog.text
        from asked
        where until is null or until operator(pg_catalog.>) pg_catalog.now()
        on conflict (task) do update
        set paused_at = excluded.paused_at, paused_until = excluded.paused_until, actor = excluded.actor,
            reason = excluded.reason, resumed_at = null, resume_actor = null, resume_reason = null
        where not ${isInForceSql('known', 'pg_catalog.now()')}
        returning *
      )
      select (select ${pauseSql('paused')} from paused) as paused,
             (
               select ${pauseSql('known')}
               from ${this.pauses} as known
               where known.task operator(pg_catalog.=) $1::pg_catalog.text
                 and ${isInForceSql('known', 'pg_catalog.now()')}
             ) as former,
             ${instantSql('pg_catalog.now()')} as at`;
    return expectOne(
      await inAnyEncoding(values, (storable) => briefly<PauseOutcome>(this.dataSource, BRIEF_WRITING, sql, storable)),
    );
  }

  /** Ends a pause. Undefined when there is none. */
  public async resume(task: string, by: Attribution | null): Promise<PauseEnding | undefined> {
    const values = [task, by?.actor ?? null, by?.reason ?? null] as const;
    const sql = `
      update ${this.pauses} as known
      set resumed_at = pg_catalog.now(), resume_actor = $2::pg_catalog.text, resume_reason = $3::pg_catalog.text
      where known.task operator(pg_catalog.=) $1::pg_catalog.text
        and ${isInForceSql('known', 'pg_catalog.now()')}
      returning ${pauseSql('known')} as pause,
                ${instantSql('known.resumed_at')} as "resumedAt",
                ${attributionSql('known.resume_actor', 'known.resume_reason')} as "resumedBy"`;
    type Row = Pick<PauseEnding, 'resumedAt' | 'resumedBy'> & { readonly pause: TaskPause };
    const [row] = await inAnyEncoding(values, (storable) =>
      briefly<Row>(this.dataSource, BRIEF_WRITING, sql, storable),
    );
    return row && { ...row.pause, resumedAt: row.resumedAt, resumedBy: row.resumedBy };
  }

  private get pauses(): string {
    return this.schema.table('pauses');
  }
}
