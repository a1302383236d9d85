import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import type { ClaimOutcome, RunClaim, RunEnd } from '../../contract/run-record.js';
import type { ReportedError } from '../../contract/task-report.js';
import { instantSql } from '../../database/instant.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../../database/maintenance-data-source.js';
import { inTransaction } from '../../database/short-transaction.js';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import { type CompleteCoordinationSettings, COORDINATION_SETTINGS } from '../coordination-settings.js';
import { RunsSchema } from './runs-schema.js';

/** A claim is tried again this often when the run in its way ends meanwhile. */
const MAX_ATTEMPTS = 5;

/**
 * Takes part in the transaction that closes a run, the record of its end included: whatever it throws undoes that, and the record is tried
 * again. `end` is null for a run that was taken for lost.
 */
export type RunClosing = (queryRunner: QueryRunner, runId: string, end: RunEnd | null) => Promise<void>;

/** DI token of every {@link RunClosing}; none unless a feature gives some. */
export const RUN_CLOSING = Symbol('TENXYTE_MAINTENANCE_RUN_CLOSING');

/** The version of a row's meaning to other processes: one that knows only an older one can tell. */
const PROTOCOL = 1;
const SKIPPED_SUMMARY = 'skipped, as another run still went on';

/** Reads and writes the runs. Every statement stands by itself, so that any connection of a pooler will do. */
@Injectable()
export class RunsTable {
  public constructor(
    @Inject(COORDINATION_SETTINGS) private readonly settings: CompleteCoordinationSettings,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(RUN_CLOSING) private readonly closings: readonly RunClosing[],
  ) {}

  /**
   * Claims a run with one insert; a run in the way whose lease ran out is marked `lost` first.
   *
   * @throws {MaintenanceError} `CLAIM_CONTENDED` when other runs came and went so fast that it found neither a place nor a rival
   */
  public async claim(claim: RunClaim): Promise<ClaimOutcome> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      if (await this.insertRunning(claim)) {
        return { kind: 'claimed' };
      }
      const rivals = await this.readRivals(claim);
      if (rivals.some(({ hasSlot }) => hasSlot)) {
        return { kind: 'taken' };
      }
      const live = rivals.find(({ isExpired }) => !isExpired);
      if (live !== undefined) {
        const { id: runId, owner, startedAt, at } = live;
        return { kind: 'busy', other: { runId, owner, startedAt }, at };
      }
      await Promise.all(rivals.map(({ id }) => this.markLost(id)));
    }
    throw new MaintenanceError(
      'CLAIM_CONTENDED',
      `${claim.task} could not be claimed in ${MAX_ATTEMPTS} attempts, as other runs of it came and went meanwhile: try again`,
    );
  }

  /** Renews a lease. False when the run is no longer this process's: it was taken for lost. */
  public async renew(runId: string, queryRunner: QueryRunner): Promise<boolean> {
    const renewed: unknown[] = await queryRunner.query(
      `
      with renewed as (
        update ${this.runs}
        set lease_expires_at =
              pg_catalog.now() operator(pg_catalog.+) ($2::pg_catalog.float8 operator(pg_catalog.*) interval '1 second')
        where id operator(pg_catalog.=) $1::pg_catalog.uuid
          and status operator(pg_catalog.=) 'running'
        returning id
      )
      select id from renewed`,
      [runId, this.settings.leaseSeconds],
    );
    return renewed.length > 0;
  }

  /** Records how a run ended. False when it was taken for lost meanwhile. */
  public async finish(runId: string, end: RunEnd): Promise<boolean> {
    const { status, report, error, stopReason, summary } = end;
    const record = `
      with finished as (
        update ${this.runs}
        set status = $2::pg_catalog.text, finished_at = pg_catalog.now(), lease_expires_at = null,
            report = $3::pg_catalog.jsonb, error = $4::pg_catalog.jsonb,
            stop_reason = $5::pg_catalog.text, summary = $6::pg_catalog.text
        where id operator(pg_catalog.=) $1::pg_catalog.uuid
          and status operator(pg_catalog.=) 'running'
        returning id
      )
      select id from finished`;
    return this.close(record, [runId, status, asJson(report), asJson(error), stopReason, summary], end);
  }

  /** Records that a slot was skipped. False when someone else's record of the same slot stands. */
  public async skip({ runId, task, slot, trigger, owner }: RunClaim, error: ReportedError): Promise<boolean> {
    const skipped: unknown[] = await this.dataSource.query(
      `
      insert into ${this.runs} (id, task, slot, trigger, owner, protocol, status, started_at, finished_at, error, summary)
      values ($1::pg_catalog.uuid, $2::pg_catalog.text, $3::pg_catalog.timestamptz, $4::pg_catalog.text,
              $5::pg_catalog.text, $8::integer, 'skipped', pg_catalog.now(), pg_catalog.now(),
              $6::pg_catalog.jsonb, $7::pg_catalog.text)
      on conflict do nothing
      returning id`,
      [runId, task, slot, trigger, owner, asJson(error), SKIPPED_SUMMARY, PROTOCOL],
    );
    return skipped.length > 0;
  }

  /** True when there is a row for a slot, whatever became of it. */
  public async hasSlot(task: string, slot: Date): Promise<boolean> {
    const found: unknown[] = await this.dataSource.query(
      `
      select id
      from ${this.runs}
      where task operator(pg_catalog.=) $1::pg_catalog.text
        and slot operator(pg_catalog.=) $2::pg_catalog.timestamptz`,
      [task, slot],
    );
    return found.length > 0;
  }

  private get runs(): string {
    return this.schema.table('runs');
  }

  private async insertRunning({ runId, task, slot, trigger, owner, force = false }: RunClaim): Promise<boolean> {
    const inserted: unknown[] = await this.dataSource.query(
      `
      insert into ${this.runs} (id, task, slot, trigger, owner, force, protocol, status, started_at, lease_expires_at)
      values ($1::pg_catalog.uuid, $2::pg_catalog.text, $3::pg_catalog.timestamptz, $4::pg_catalog.text,
              $5::pg_catalog.text, $7::boolean, $8::integer, 'running', pg_catalog.now(),
              pg_catalog.now() operator(pg_catalog.+) ($6::pg_catalog.float8 operator(pg_catalog.*) interval '1 second'))
      on conflict do nothing
      returning id`,
      [runId, task, slot, trigger, owner, this.settings.leaseSeconds, force, PROTOCOL],
    );
    return inserted.length > 0;
  }

  private async readRivals({ task, slot }: RunClaim): Promise<
    {
      readonly id: string;
      readonly owner: string;
      readonly startedAt: string;
      readonly at: string;
      readonly hasSlot: boolean;
      readonly isExpired: boolean;
    }[]
  > {
    return this.dataSource.query(
      `
      select id::pg_catalog.text,
             owner,
             ${instantSql('started_at')} as "startedAt",
             ${instantSql('pg_catalog.now()')} as at,
             coalesce(slot operator(pg_catalog.=) $2::pg_catalog.timestamptz, false) as "hasSlot",
             lease_expires_at operator(pg_catalog.<) pg_catalog.now() as "isExpired"
      from ${this.runs}
      where task operator(pg_catalog.=) $1::pg_catalog.text
        and (status operator(pg_catalog.=) 'running' or slot operator(pg_catalog.=) $2::pg_catalog.timestamptz)`,
      [task, slot],
    );
  }

  private async markLost(runId: string): Promise<void> {
    const record = `
      with lost as (
        update ${this.runs}
        set status = 'lost', finished_at = pg_catalog.now()
        where id operator(pg_catalog.=) $1::pg_catalog.uuid
          and status operator(pg_catalog.=) 'running'
          and lease_expires_at operator(pg_catalog.<) pg_catalog.now()
        returning id
      )
      select id from lost`;
    await this.close(record, [runId], null);
  }

  /** Closes a run in one transaction with whoever takes part; alone, the record is a statement by itself. */
  private async close(
    record: string,
    values: readonly [runId: string, ...unknown[]],
    end: RunEnd | null,
  ): Promise<boolean> {
    if (this.closings.length === 0) {
      return (await this.dataSource.query<unknown[]>(record, [...values])).length > 0;
    }
    return withQueryRunner(this.dataSource, (queryRunner) =>
      inTransaction(queryRunner, { isolation: 'read committed', access: 'read write' }, async () => {
        const closed: unknown[] = await queryRunner.query(record, [...values]);
        for (const closing of closed.length > 0 ? this.closings : []) {
          await closing(queryRunner, values[0], end);
        }
        return closed.length > 0;
      }),
    );
  }
}

function asJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
