import { Inject, Injectable } from '@nestjs/common';
import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { fenceStatement } from '../../batches/fence.js';
import type { ClaimOutcome, RunClaim, RunEnd } from '../../contract/run-record.js';
import type { ReportedError } from '../../contract/task-report.js';
import { BRIEF_READING, BRIEF_WRITING, briefly } from '../../database/brief-statement.js';
import { instantSql } from '../../database/instant.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../../database/maintenance-data-source.js';
import { inTransaction } from '../../database/short-transaction.js';
import { SQL_STATE, sqlState } from '../../database/sql-state.js';
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

/** Reads and writes the runs, in transactions of one statement with time-outs. */
@Injectable()
export class RunsTable {
  public constructor(
    @Inject(COORDINATION_SETTINGS) private readonly settings: CompleteCoordinationSettings,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(RUN_CLOSING) private readonly closings: readonly RunClosing[],
  ) {}

  /**
   * Claims a run with one insert; a run in the way whose lease ran out is marked `lost` first. May be asked again when its answer was lost:
   * the row of the claim itself is a claim that was granted.
   *
   * @throws {MaintenanceError} `CLAIM_CONTENDED` when other runs came and went so fast that it found neither a place nor a rival,
   *   `CLAIM_LOST` when it was granted and has been taken for lost since
   */
  public async claim(claim: RunClaim): Promise<ClaimOutcome> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const leasedAt = performance.now();
      if (await this.insertRunning(claim)) {
        return { kind: 'claimed', leasedAt };
      }
      const found = await this.readRivals(claim);
      if (found.some(({ id }) => id === claim.runId)) {
        return this.reclaim(claim);
      }
      if (found.some(({ hasSlot }) => hasSlot)) {
        return { kind: 'taken' };
      }
      const rival = found.find(({ isExpired }) => !isExpired) ?? (await this.firstHeld(found));
      if (rival !== undefined) {
        const { id: runId, owner, startedAt, at } = rival;
        return { kind: 'busy', other: { runId, owner, startedAt }, at };
      }
    }
    throw new MaintenanceError(
      'CLAIM_CONTENDED',
      `${claim.task} could not be claimed in ${MAX_ATTEMPTS} attempts, as other runs of it came and went meanwhile: try again`,
    );
  }

  /** Renews a lease. False when the run is no longer this process's: it was taken for lost. */
  public async renew(runId: string, queryRunner: QueryRunner): Promise<boolean> {
    const renewed = await briefly(
      queryRunner,
      BRIEF_WRITING,
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

  /** The {@link Fence.statement} of a run. */
  public fence(runId: string): string {
    return fenceStatement(`
      select
      from ${this.runs}
      where id operator(pg_catalog.=) ${pg.escapeLiteral(runId)}::pg_catalog.uuid
        and status operator(pg_catalog.=) 'running'
        and lease_expires_at operator(pg_catalog.>) pg_catalog.clock_timestamp()`);
  }

  /** Records how a run ended, once, however often it is asked to. False when the run was taken for lost meanwhile. */
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
      select true as "isNew" from finished
      union all
      select false
      from ${this.runs}
      where id operator(pg_catalog.=) $1::pg_catalog.uuid
        and status operator(pg_catalog.<>) all ('{running,lost}'::pg_catalog.text[])`;
    return this.close(record, [runId, status, asJson(report), asJson(error), stopReason, summary], end);
  }

  /** Records that a slot was skipped. False when someone else's record of the same slot stands. */
  public async skip({ runId, task, slot, trigger, owner }: RunClaim, error: ReportedError): Promise<boolean> {
    const skipped = await briefly(
      this.dataSource,
      BRIEF_WRITING,
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
    const found = await briefly(
      this.dataSource,
      BRIEF_READING,
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

  /** A claim that was granted before counts from now on. */
  private async reclaim({ task, runId }: RunClaim): Promise<ClaimOutcome> {
    const leasedAt = performance.now();
    if (await withQueryRunner(this.dataSource, (queryRunner) => this.renew(runId, queryRunner))) {
      return { kind: 'claimed', leasedAt };
    }
    throw new MaintenanceError(
      'CLAIM_LOST',
      `The claim of ${task} ${runId} was granted, but the answer came so late that it is recorded as lost: run it again`,
    );
  }

  /** Marks runs lost whose leases ran out; answers the first whose row somebody holds, such as to end or to renew it. */
  private async firstHeld(rivals: readonly Rival[]): Promise<Rival | undefined> {
    for (const rival of rivals) {
      try {
        await this.markLost(rival.id);
      } catch (error) {
        if (sqlState(error) === SQL_STATE.lockNotAvailable) {
          return rival;
        }
        throw error;
      }
    }
    return undefined;
  }

  private async insertRunning({ runId, task, slot, trigger, owner, force = false }: RunClaim): Promise<boolean> {
    const inserted = await briefly(
      this.dataSource,
      BRIEF_WRITING,
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

  private async readRivals({ runId, task, slot }: RunClaim): Promise<Rival[]> {
    return briefly<Rival>(
      this.dataSource,
      BRIEF_READING,
      `
      select id::pg_catalog.text,
             owner,
             ${instantSql('started_at')} as "startedAt",
             ${instantSql('pg_catalog.now()')} as at,
             coalesce(slot operator(pg_catalog.=) $2::pg_catalog.timestamptz, false) as "hasSlot",
             lease_expires_at operator(pg_catalog.<) pg_catalog.now() as "isExpired"
      from ${this.runs}
      where id operator(pg_catalog.=) $3::pg_catalog.uuid
         or task operator(pg_catalog.=) $1::pg_catalog.text
           and (status operator(pg_catalog.=) 'running' or slot operator(pg_catalog.=) $2::pg_catalog.timestamptz)`,
      [task, slot, runId],
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
      select true as "isNew" from lost`;
    await this.close(record, [runId], null);
  }

  /** Closes a run in one transaction with whoever takes part. */
  private async close(
    record: string,
    values: readonly [runId: string, ...unknown[]],
    end: RunEnd | null,
  ): Promise<boolean> {
    return withQueryRunner(this.dataSource, (queryRunner) =>
      inTransaction(queryRunner, BRIEF_WRITING, async () => {
        const [closed]: { isNew: boolean }[] = await queryRunner.query(record, [...values]);
        for (const closing of closed?.isNew === true ? this.closings : []) {
          await closing(queryRunner, values[0], end);
        }
        return closed !== undefined;
      }),
    );
  }
}

/** A run in the way of a claim. */
interface Rival {
  readonly id: string;
  readonly owner: string;
  readonly startedAt: string;
  readonly at: string;
  readonly hasSlot: boolean;
  readonly isExpired: boolean;
}

function asJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}
