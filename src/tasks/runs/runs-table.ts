import { Inject, Injectable } from '@nestjs/common';
import pg from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { fenceStatement } from '../../batches/fence.js';
import { type Attribution, attributionSql } from '../../contract/attribution.js';
import type { ProgressSnapshot } from '../../contract/progress-snapshot.js';
import type {
  CancellationRequest,
  ClaimOutcome,
  GrantedClaim,
  LeaseRenewal,
  RunClaim,
  RunEnd,
  ServerLife,
} from '../../contract/run-record.js';
import type { ReportedError } from '../../contract/task-report.js';
import { isInForceSql, pauseSql, type TaskPause } from '../../contract/task-pause.js';
import { BRIEF_READING, BRIEF_WRITING, briefly, type BriefValue } from '../../database/brief-statement.js';
import { expectOne } from '../../database/expect-one.js';
import { type Instant, instantSql } from '../../database/instant.js';
import { MAINTENANCE_DATA_SOURCE, withQueryRunner } from '../../database/maintenance-data-source.js';
import { inTransaction } from '../../database/short-transaction.js';
import { SQL_STATE, sqlState } from '../../database/sql-state.js';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import { CLOCK_TOLERANCE_MS } from '../clocks.js';
import { type CompleteCoordinationSettings, COORDINATION_SETTINGS } from '../coordination-settings.js';
import { RunsSchema } from './runs-schema.js';
import { type RunOfSlot, runOfSlot } from './slot-runs.js';
import { asJson, asText, inAnyEncoding } from './storable-text.js';

/** A claim is tried again this often when the run in its way ends meanwhile. */
const MAX_ATTEMPTS = 5;

/**
 * Takes part in the transaction that closes a run, the record of its end included: whatever it throws undoes that, and the record is tried
 * again. `end` is null for a run that was taken for lost.
 */
export type RunClosing = (queryRunner: QueryRunner, runId: string, end: RunEnd | null) => Promise<void>;

/** DI token of every {@link RunClosing}; none unless a feature gives some. */
export const RUN_CLOSING = Symbol('TENXYTE_MAINTENANCE_RUN_CLOSING');

/** Statistics are discarded by a crash, and never shared with a standby: since when they are counted is read without any privilege. */
const SERVER_LIFE = `coalesce(${instantSql('pg_catalog.pg_stat_get_bgwriter_stat_reset_time()')}, '')`;

/** The version of a row's meaning to other processes: one that knows only an older one can tell. */
const PROTOCOL = 1;

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
  public async claim(claim: RunClaim, queryRunner: QueryRunner): Promise<ClaimOutcome> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const leasedAt = performance.now();
      const { isGranted, isEarly, pause, at, life: serverLife } = await this.insertRunning(claim, queryRunner);
      if (isGranted) {
        return { kind: 'claimed', leasedAt, at, serverLife };
      }
      if (isEarly) {
        return { kind: 'early', at };
      }
      const found = await this.readRivals(claim, queryRunner);
      if (found.some(({ id }) => id === claim.runId)) {
        return { ...(await this.reclaim(claim, queryRunner)), at };
      }
      if (found.some(({ hasSlot }) => hasSlot)) {
        return { kind: 'taken', at };
      }
      if (pause !== null) {
        return { kind: 'paused', pause, at };
      }
      const rival = found.find(({ isExpired }) => !isExpired) ?? (await this.firstHeld(found, queryRunner));
      if (rival !== undefined) {
        const { id: runId, owner, startedAt } = rival;
        return { kind: 'busy', other: { runId, owner, startedAt }, at };
      }
    }
    throw new MaintenanceError(
      'CLAIM_CONTENDED',
      `${claim.task} could not be claimed in ${MAX_ATTEMPTS} attempts, as other runs of it came and went meanwhile: try again`,
    );
  }

  /**
   * Renews a lease, records how far the run is, and sees to it that what was committed before is on the disk. Undefined when the run is no
   * longer this process's: it was taken for lost.
   */
  public async renew(
    runId: string,
    queryRunner: QueryRunner,
    progress: ProgressSnapshot | null = null,
  ): Promise<LeaseRenewal | undefined> {
    const [renewed] = await briefly<LeaseRenewal>(
      queryRunner,
      BRIEF_WRITING,
      `
      with renewed as (
        update ${this.runs}
        set lease_expires_at =
              pg_catalog.now() operator(pg_catalog.+) ($2::pg_catalog.float8 operator(pg_catalog.*) interval '1 second'),
            progress = coalesce($3::pg_catalog.jsonb, progress)
        where id operator(pg_catalog.=) $1::pg_catalog.uuid
          and status operator(pg_catalog.=) 'running'
        returning cancel_requested_at, cancel_actor, cancel_reason
      )
      select ${SERVER_LIFE} as "serverLife",
             cancel_requested_at is not null as "isCancelled",
             ${attributionSql('cancel_actor', 'cancel_reason')} as "cancelledBy"
      from renewed`,
      [runId, this.settings.leaseSeconds, asJson(progress)],
    );
    return renewed;
  }

  /**
   * Asks a run to stop, wherever it is at work: it hears of it with its next renewal. Who asked first stands.
   * Undefined when it is not at work.
   */
  public async requestCancellation(runId: string, by: Attribution | null): Promise<CancellationRequest | undefined> {
    const values = [runId, by?.actor ?? null, by?.reason ?? null] as const;
    const sql = `
      update ${this.runs}
      set cancel_requested_at = coalesce(cancel_requested_at, pg_catalog.now()),
          cancel_actor = case when cancel_requested_at is null then $2::pg_catalog.text else cancel_actor end,
          cancel_reason = case when cancel_requested_at is null then $3::pg_catalog.text else cancel_reason end
      where id operator(pg_catalog.=) $1::pg_catalog.uuid
        and status operator(pg_catalog.=) 'running'
        and lease_expires_at operator(pg_catalog.>=) pg_catalog.now()
      returning ${instantSql('cancel_requested_at')} as "cancelRequestedAt",
                ${attributionSql('cancel_actor', 'cancel_reason')} as "cancelledBy"`;
    const [requested] = await inAnyEncoding(values, (storable) =>
      briefly<CancellationRequest>(this.dataSource, BRIEF_WRITING, sql, storable),
    );
    return requested;
  }

  /** The run that was made of a claim's slot. */
  public async runOfSlot(claim: RunClaim, queryRunner: QueryRunner): Promise<RunOfSlot | undefined> {
    return runOfSlot(queryRunner, this.runs, claim);
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
    const { status, report, error, stopReason, summary, isIdle = false } = end;
    const record = `
      with finished as (
        update ${this.runs}
        set status = $2::pg_catalog.text, finished_at = pg_catalog.now(), lease_expires_at = null,
            report = $3::pg_catalog.jsonb, error = $4::pg_catalog.jsonb,
            progress = null, stop_reason = $5::pg_catalog.text, summary = $6::pg_catalog.text,
            is_idle = trigger operator(pg_catalog.<>) all ('{manual,cli}'::pg_catalog.text[]) and $7::boolean
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
    const values = [runId, status, asJson(report), asJson(error), stopReason, asText(summary), isIdle] as const;
    const close = async (storable: readonly BriefValue[]): Promise<boolean> =>
      withQueryRunner(this.dataSource, (queryRunner) => this.close(queryRunner, record, storable, end));
    // A first attempt whose answer was lost may have been committed while the second one waited for it, unseen by that.
    return inAnyEncoding(values, async (storable) => (await close(storable)) || close(storable));
  }

  /** Records that a slot was skipped. False when someone else's record of the same slot stands. */
  public async skip(claim: RunClaim, error: ReportedError): Promise<boolean> {
    const { runId, task, slot, trigger, owner } = claim;
    const values = [
      runId,
      task,
      slot,
      trigger,
      owner,
      asJson(error),
      asText(error.message),
      PROTOCOL,
      ...askedBy(claim),
    ] as const;
    const sql = `
      insert into ${this.runs} (id, task, slot, trigger, owner, actor, reason, engine, engine_job, protocol, status,
                                started_at, finished_at, error, summary)
      values ($1::pg_catalog.uuid, $2::pg_catalog.text, $3::pg_catalog.timestamptz, $4::pg_catalog.text,
              $5::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.text, $11::pg_catalog.text, $12::pg_catalog.text,
              $8::integer, 'skipped', pg_catalog.now(), pg_catalog.now(),
              $6::pg_catalog.jsonb, $7::pg_catalog.text)
      on conflict do nothing
      returning id`;
    const skipped = await inAnyEncoding(values, (storable) => briefly(this.dataSource, BRIEF_WRITING, sql, storable));
    return skipped.length > 0;
  }

  private get runs(): string {
    return this.schema.table('runs');
  }

  /** A claim that was granted before counts from now on. */
  private async reclaim({ task, runId }: RunClaim, queryRunner: QueryRunner): Promise<Omit<GrantedClaim, 'at'>> {
    const leasedAt = performance.now();
    const renewed = await this.renew(runId, queryRunner);
    if (renewed !== undefined) {
      return { kind: 'claimed', leasedAt, serverLife: renewed.serverLife };
    }
    throw new MaintenanceError(
      'CLAIM_LOST',
      `The claim of ${task} ${runId} was granted, but the answer came so late that it is recorded as lost: run it again`,
    );
  }

  /** Marks runs lost whose leases ran out; answers the first whose row somebody holds, such as to end or to renew it. */
  private async firstHeld(rivals: readonly Rival[], queryRunner: QueryRunner): Promise<Rival | undefined> {
    for (const rival of rivals) {
      try {
        await this.markLost(rival.id, queryRunner);
      } catch (error) {
        if (sqlState(error) === SQL_STATE.lockNotAvailable) {
          return rival;
        }
        throw error;
      }
    }
    return undefined;
  }

  private async insertRunning(claim: RunClaim, queryRunner: QueryRunner): Promise<Insertion> {
    const { runId, task, slot, trigger, owner, force = false } = claim;
    const { leaseSeconds } = this.settings;
    const values = [runId, task, slot, trigger, owner, leaseSeconds, force, PROTOCOL, ...askedBy(claim)] as const;
    const sql = `
      with moment as materialized (
        select now, coalesce($3::pg_catalog.timestamptz operator(pg_catalog.>) latest_slot, false) as is_early
        from pg_catalog.clock_timestamp() as now
        cross join lateral (
          select now operator(pg_catalog.+) interval '${CLOCK_TOLERANCE_MS} milliseconds'
        ) as tolerated (latest_slot)
      ), pause as materialized (
        select ${pauseSql('known')} as pause
        from ${this.schema.table('pauses')} as known
        where known.task operator(pg_catalog.=) $2::pg_catalog.text
          and ${isInForceSql('known', 'pg_catalog.clock_timestamp()')}
          and not $7::boolean
      ), inserted as (
        insert into ${this.runs} (id, task, slot, trigger, owner, actor, reason, engine, engine_job, force, protocol,
                                  status, started_at, lease_expires_at)
        select $1::pg_catalog.uuid, $2::pg_catalog.text, $3::pg_catalog.timestamptz, $4::pg_catalog.text,
               $5::pg_catalog.text, $9::pg_catalog.text, $10::pg_catalog.text, $11::pg_catalog.text, $12::pg_catalog.text,
               $7::boolean, $8::integer, 'running', pg_catalog.now(),
               pg_catalog.now() operator(pg_catalog.+) ($6::pg_catalog.float8 operator(pg_catalog.*) interval '1 second')
        from moment
        where not is_early
          and not exists (select from pause)
        on conflict do nothing
        returning id
      )
      select exists (select from inserted) as "isGranted", is_early as "isEarly",
             (select pause from pause) as pause, ${instantSql('now')} as at,
             ${SERVER_LIFE} as life
      from moment`;
    return expectOne(
      await inAnyEncoding(values, (storable) => briefly<Insertion>(queryRunner, BRIEF_WRITING, sql, storable)),
    );
  }

  private async readRivals({ runId, task, slot }: RunClaim, queryRunner: QueryRunner): Promise<Rival[]> {
    return briefly<Rival>(
      queryRunner,
      BRIEF_READING,
      `
      select id::pg_catalog.text,
             owner,
             ${instantSql('started_at')} as "startedAt",
             coalesce(slot operator(pg_catalog.=) $2::pg_catalog.timestamptz, false) as "hasSlot",
             lease_expires_at operator(pg_catalog.<) pg_catalog.now() as "isExpired"
      from ${this.runs}
      where id operator(pg_catalog.=) $3::pg_catalog.uuid
         or task operator(pg_catalog.=) $1::pg_catalog.text
           and (status operator(pg_catalog.=) 'running' or slot operator(pg_catalog.=) $2::pg_catalog.timestamptz)`,
      [task, slot, runId],
    );
  }

  /** The lock for update is that which the fence of a batch in flight keeps out. */
  private async markLost(runId: string, queryRunner: QueryRunner): Promise<void> {
    const record = `
      with expired as (
        select id
        from ${this.runs}
        where id operator(pg_catalog.=) $1::pg_catalog.uuid
          and status operator(pg_catalog.=) 'running'
          and lease_expires_at operator(pg_catalog.<) pg_catalog.now()
        for update
      ), lost as (
        update ${this.runs} as run
        set status = 'lost', finished_at = pg_catalog.now()
        from expired
        where run.id operator(pg_catalog.=) expired.id
        returning run.id
      )
      select true as "isNew" from lost`;
    await this.close(queryRunner, record, [runId], null);
  }

  /** Closes a run in one transaction with whoever takes part. */
  private async close(
    queryRunner: QueryRunner,
    record: string,
    values: readonly BriefValue[],
    end: RunEnd | null,
  ): Promise<boolean> {
    if (this.closings.length === 0) {
      return (await briefly(queryRunner, BRIEF_WRITING, record, values)).length > 0;
    }
    return inTransaction(queryRunner, BRIEF_WRITING, async () => {
      const [closed]: { isNew: boolean }[] = await queryRunner.query(record, [...values]);
      for (const closing of closed?.isNew === true ? this.closings : []) {
        await closing(queryRunner, String(values[0]), end);
      }
      return closed !== undefined;
    });
  }
}

/** Who asked for a run, and why; the engine, and its job. */
function askedBy({ startedBy = null, engine = null, engineJob = null }: RunClaim): readonly (string | null)[] {
  return [startedBy?.actor ?? null, startedBy?.reason ?? null, engine, engineJob];
}

/** The answer to the insert of a claim. */
interface Insertion {
  readonly isGranted: boolean;
  readonly isEarly: boolean;
  /** In the way of a run that is not forced; null when there is none. */
  readonly pause: TaskPause | null;
  readonly at: Instant;
  readonly life: ServerLife;
}

/** A run in the way of a claim. */
interface Rival {
  readonly id: string;
  readonly owner: string;
  readonly startedAt: Instant;
  readonly hasSlot: boolean;
  readonly isExpired: boolean;
}
