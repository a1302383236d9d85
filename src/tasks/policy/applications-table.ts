import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { newRunOwner } from '../../contract/run-record.js';
import { BRIEF_WRITING, briefly } from '../../database/brief-statement.js';
import { type Instant, instantSql } from '../../database/instant.js';
import { MAINTENANCE_DATA_SOURCE } from '../../database/maintenance-data-source.js';
import { RunsSchema } from '../runs/runs-schema.js';
import { type MaintenancePolicy, policyDigest } from './maintenance-policy.js';

/** An application that was not heard of for so long is taken for dead; each notes itself three times meanwhile. */
export const SILENT_SECONDS = 15 * 60;

/** A policy that an application noted. */
export interface NotedPolicy {
  readonly policy: MaintenancePolicy;
  readonly digest: string;
  /** The process, as in the record of runs. */
  readonly owner: string;
  /** When it was last heard of. */
  readonly seenAt: Instant;
}

/** True of a row, while its application is taken to be alive. */
const IS_ALIVE = `ended_at is null
  and seen_at operator(pg_catalog.>) (pg_catalog.now() operator(pg_catalog.-) interval '${SILENT_SECONDS} seconds')`;

const NOTED = `policy, digest, owner, ${instantSql('seen_at')} as "seenAt"`;

/** The applications on a database, a row for each process and mounted module, with the policy it goes by. */
@Injectable()
export class ApplicationsTable {
  private readonly id = randomUUID();
  private readonly owner = newRunOwner();

  public constructor(
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
  ) {}

  /**
   * Notes that this application is alive and what it goes by. Answers the other policies of those that are, each once, as the application
   * that was heard of last noted it. One that has just begun forgets those that are gone and went by its own policy; once it has been there
   * for a while, it forgets all that are gone: a script that boots the module for a moment does not take the application's place.
   */
  public async note(policy: MaintenancePolicy, isBeginning: boolean): Promise<NotedPolicy[]> {
    const applications = this.schema.table('applications');
    return briefly<NotedPolicy>(
      this.dataSource,
      BRIEF_WRITING,
      `
      with forgotten as (
        delete from ${applications}
        where id operator(pg_catalog.=) any (array(
          select id
          from ${applications}
          where id operator(pg_catalog.<>) $1::pg_catalog.uuid
            and (${IS_ALIVE}) is not true
            and (not $5::pg_catalog.bool or digest operator(pg_catalog.=) $4::pg_catalog.text)
          for update skip locked
        ))
      ), noted as (
        insert into ${applications} (id, owner, policy, digest, started_at, seen_at)
        values (
          $1::pg_catalog.uuid, $2::pg_catalog.text, $3::pg_catalog.jsonb, $4::pg_catalog.text,
          pg_catalog.now(), pg_catalog.now()
        )
        on conflict (id) do update set seen_at = excluded.seen_at
      )
      select distinct on (digest) ${NOTED}
      from ${applications}
      where id operator(pg_catalog.<>) $1::pg_catalog.uuid
        and digest operator(pg_catalog.<>) $4::pg_catalog.text
        and ${IS_ALIVE}
      order by digest, seen_at desc`,
      [this.id, this.owner, JSON.stringify(policy), policyDigest(policy), isBeginning],
    );
  }

  /** Notes that this application has ended: its policy is in force for as long as no other one begins. */
  public async end(): Promise<void> {
    const sql = `
      update ${this.schema.table('applications')}
      set ended_at = pg_catalog.now()
      where id operator(pg_catalog.=) $1::pg_catalog.uuid`;
    await briefly(this.dataSource, BRIEF_WRITING, sql, [this.id]);
  }

  /**
   * The policies in force: those of the applications that are alive, or else of all that are not forgotten. None where the role may not
   * read them, or where there is no such table. Takes part in the transaction that is open.
   */
  public async inForce(queryRunner: QueryRunner): Promise<NotedPolicy[]> {
    const applications = this.schema.table('applications');
    if (!(await this.isReadable(queryRunner))) {
      return [];
    }
    const rows: NotedPolicy[] = await queryRunner.query(`
      select distinct on (digest) ${NOTED}
      from ${applications}
      where ${IS_ALIVE}
        or not exists (select from ${applications} where ${IS_ALIVE})
      order by digest, seen_at desc`);
    return rows;
  }

  /**
   * The other schemas of the database that applications keep such records in: they have this package's tables under another name of the
   * option `schema`. The catalog tells, whether the role may read them or not.
   */
  public async otherSchemas(queryRunner: QueryRunner): Promise<string[]> {
    const rows: { name: string }[] = await queryRunner.query(
      `
      select namespace.nspname::pg_catalog.text as name
      from pg_catalog.pg_namespace as namespace
      where namespace.nspname operator(pg_catalog.<>) $1::pg_catalog.name
        and not exists (
          select
          from (values ('applications'::pg_catalog.name), ('runs'), ('schedules'), ('totp_keys'), ('versions')) as needed (name)
          where not exists (
            select
            from pg_catalog.pg_class as class
            where class.relnamespace operator(pg_catalog.=) namespace.oid
              and class.relname operator(pg_catalog.=) needed.name
          )
        )
      order by namespace.nspname`,
      [this.schema.name],
    );
    return rows.map(({ name }) => name);
  }

  private async isReadable(queryRunner: QueryRunner): Promise<boolean> {
    const rows: unknown[] = await queryRunner.query(
      `
      select
      from pg_catalog.pg_class as class
      join pg_catalog.pg_namespace as namespace on namespace.oid operator(pg_catalog.=) class.relnamespace
      where namespace.nspname operator(pg_catalog.=) $1::pg_catalog.text
        and class.relname operator(pg_catalog.=) 'applications'
        and pg_catalog.has_schema_privilege(namespace.oid, 'usage')
        and pg_catalog.has_table_privilege(class.oid, 'select')`,
      [this.schema.name],
    );
    return rows.length > 0;
  }
}
