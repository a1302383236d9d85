import { Inject, Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { failure, type ReportedError } from '../../contract/task-report.js';
import { BRIEF_READING } from '../../database/brief-statement.js';
import { type Instant, instantSql } from '../../database/instant.js';
import { inTransaction } from '../../database/short-transaction.js';
import { RunsSchema } from './runs-schema.js';

/** The codes and reasons by which a report says that there was no such table. */
const MISSING = ['table-not-found', 'TABLE_NOT_FOUND', 'TABLE_VANISHED'];

/** Knows from the record of runs whether a table that is missing was there before. */
@Injectable()
export class TableSightings {
  public constructor(@Inject(RunsSchema) private readonly schema: RunsSchema) {}

  /**
   * The failure of a table that is missing although the last recorded run which looked for it worked on it; undefined when that run did not
   * find it either, or there was none: a Tenxyte without that feature. So it is said once.
   *
   * @param missing what is said of the table otherwise, as a sentence without its full stop
   * @param target the cleanup's target; left out for a task with one table
   */
  public async vanished(
    queryRunner: QueryRunner,
    task: string,
    missing: string,
    target?: string,
  ): Promise<ReportedError | undefined> {
    const seenAt = await inTransaction(queryRunner, BRIEF_READING, () => this.lastSeen(queryRunner, task, target));
    return seenAt === undefined
      ? undefined
      : failure(
          'TABLE_VANISHED',
          `${missing}. The run of ${seenAt} worked on it: it was dropped or renamed since, or search_path no longer leads to it`,
        );
  }

  private async lastSeen(
    queryRunner: QueryRunner,
    task: string,
    target: string | undefined,
  ): Promise<Instant | undefined> {
    const part =
      target === undefined
        ? 'pg_catalog.jsonb_build_array(run.report)'
        : `pg_catalog.jsonb_path_query_array(run.report, '$.targets[*] ? (@.name == $name)', pg_catalog.jsonb_build_object('name', $2::pg_catalog.text))`;
    const [last]: { at: Instant; isMissing: boolean }[] = await queryRunner.query(
      `
      select ${instantSql('looked.started_at')} as at, looked.is_missing as "isMissing"
      from (
        select run.started_at,
               part operator(pg_catalog.->>) 'status' as status,
               coalesce(
                 part operator(pg_catalog.#>>) '{error,code}', part operator(pg_catalog.->>) 'skipReason', ''
               ) operator(pg_catalog.=) any ('{${MISSING.join(',')}}'::pg_catalog.text[]) as is_missing
        from ${this.schema.table('runs')} as run
        cross join lateral pg_catalog.jsonb_array_elements(${part}) as part
        where run.task operator(pg_catalog.=) $1::pg_catalog.text
          and run.report is not null
      ) as looked
      where looked.is_missing or looked.status operator(pg_catalog.=) any ('{succeeded,partial}'::pg_catalog.text[])
      order by looked.started_at desc
      limit 1`,
      target === undefined ? [task] : [task, target],
    );
    return last === undefined || last.isMissing ? undefined : last.at;
  }
}
