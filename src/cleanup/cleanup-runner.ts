import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { awaitFlush } from '../batches/await-flush.js';
import { DatabaseClock } from '../database/database-clock.js';
import type { Instant } from '../database/instant.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import { inTransaction, snapshotMode } from '../database/short-transaction.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { RunTime } from '../tasks/clocks.js';
import { TELEMETRY, type Telemetry } from '../telemetry/telemetry.js';
import { TenxyteTables } from '../tenxyte/tenxyte-tables.js';
import type { CleanupTargetReport } from './cleanup-report.js';
import type { AnyCleanupTarget, CleanupProgressListener } from './cleanup-request.js';
import { cleanTarget, type CleanupRun } from './cleanup-run.js';
import { CLEANUP_SETTINGS, type CompleteCleanupSettings } from './cleanup-settings.js';
import { CleanupTables } from './cleanup-tables.js';
import { type DeletedBatch, recordBatch, traceTarget } from './cleanup-telemetry.js';
import { cleanupRunOf } from './run-context.js';
import { CLEANUP_TARGETS } from './targets/cleanup-targets.js';
import { requiredColumns } from './targets/due-predicate.js';

/** What a run has to do, decided. */
export interface CleanupPlan {
  readonly policy: CompleteRetentionPolicy;
  readonly isDryRun: boolean;
  /** True to delete whatever the brakes say. */
  readonly isForced: boolean;
  /** Milliseconds the run may take; 0 = no limit. */
  readonly maxDurationMs: number;
  readonly targets: readonly AnyCleanupTarget[];
  /** The run that this is. */
  readonly run: ActiveRun;
  readonly onProgress: CleanupProgressListener;
}

/** What a run did, target by target. */
export interface CleanupResult {
  readonly runAt: Instant;
  readonly reports: readonly CleanupTargetReport[];
}

/** Carries a plan out on the database. */
@Injectable()
export class CleanupRunner {
  public constructor(
    @Inject(CLEANUP_SETTINGS) private readonly settings: CompleteCleanupSettings,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CleanupTables) private readonly tables: CleanupTables,
    @Inject(DatabaseClock) private readonly clock: DatabaseClock,
    @Inject(TenxyteTables) private readonly presence: TenxyteTables,
    @Inject(RunTime) private readonly time: RunTime,
    @Inject(TELEMETRY) private readonly telemetry: Telemetry,
  ) {}

  /**
   * Checks that every target's entity is known and maps the columns its condition reads.
   *
   * @throws {MaintenanceConfigError} when one does not
   */
  public assertMapped(): void {
    if (!this.dataSource.isInitialized) {
      return;
    }
    for (const target of CLEANUP_TARGETS) {
      const table = this.tables.of(target);
      requiredColumns(target.dueWhen).forEach(({ property }) => table.column(property));
    }
  }

  /** Deletes what the plan says, or counts it. */
  public async run(plan: CleanupPlan): Promise<CleanupResult> {
    return plan.isDryRun ? this.countAll(plan) : this.deleteAll(plan);
  }

  private async deleteAll(plan: CleanupPlan): Promise<CleanupResult> {
    const runAt = await plan.run.withQueryRunner((queryRunner) => this.begin(queryRunner));
    const run = this.contextOf(plan, runAt);
    const reports: CleanupTargetReport[] = [];
    for (const target of plan.targets) {
      const clean = (): Promise<CleanupTargetReport> => cleanTarget(run, target);
      reports.push(await traceTarget(this.telemetry, { runId: plan.run.runId, target: target.name }, clean));
    }
    if (reports.some(({ rows }) => rows > 0)) {
      await plan.run.withQueryRunner(awaitFlush);
    }
    return { runAt, reports };
  }

  /** Every count sees the one snapshot that the clock was read in. */
  private async countAll(plan: CleanupPlan): Promise<CleanupResult> {
    return plan.run.withQueryRunner((queryRunner) =>
      inTransaction(queryRunner, snapshotMode(this.settings), async () => {
        const runAt = await this.begin(queryRunner);
        const run: CleanupRun = { ...this.contextOf(plan, runAt), withQueryRunner: (work) => work(queryRunner) };
        const reports: CleanupTargetReport[] = [];
        for (const target of plan.targets) {
          const count = (): Promise<CleanupTargetReport> => countTarget(run, target, queryRunner);
          reports.push(await traceTarget(this.telemetry, { runId: plan.run.runId, target: target.name }, count));
        }
        return { runAt, reports };
      }),
    );
  }

  private async begin(queryRunner: QueryRunner): Promise<Instant> {
    const runAt = await this.clock.now(queryRunner);
    await this.presence.assert(queryRunner);
    return runAt;
  }

  private contextOf(plan: CleanupPlan, runAt: Instant): CleanupRun {
    const { dataSource, time, telemetry } = this;
    const { settings } = this;
    const resources = {
      dataSource,
      settings,
      time,
      tableOf: (target: AnyCleanupTarget) => this.tables.of(target),
      onBatch: (batch: DeletedBatch) => recordBatch(telemetry, batch),
    };
    return cleanupRunOf(resources, plan, runAt);
  }
}

/** In a savepoint, as one failing count would otherwise end the snapshot for all. */
async function countTarget(
  run: CleanupRun,
  target: AnyCleanupTarget,
  queryRunner: QueryRunner,
): Promise<CleanupTargetReport> {
  await queryRunner.query('savepoint target').catch(() => undefined);
  const report = await cleanTarget(run, target);
  if (report.status === 'failed') {
    await queryRunner.query('rollback to savepoint target').catch(() => undefined);
  }
  return report;
}
