import { Inject, Injectable } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { DatabaseClock } from '../database/database-clock.js';
import type { Instant } from '../database/instant.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import type { MappedTable } from '../database/mapped-table.js';
import { mappedTable } from '../database/mapped-table.js';
import type { TransactionMode } from '../database/short-transaction.js';
import { inTransaction } from '../database/short-transaction.js';
import { tableExists } from '../database/stored-table.js';
import type { EntityClasses } from '../database/tenxyte-entities.js';
import { ENTITY_CLASSES } from '../database/tenxyte-entities.js';
import { TablesNotFoundError } from '../errors/tables-not-found.error.js';
import type { ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import { MAINTENANCE_OPTIONS } from '../options/maintenance-options.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import type { CleanupProgressListener } from './cleanup-progress.js';
import type { CleanupTargetReport } from './cleanup-report.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import type { CleanupRun } from './cleanup-run.js';
import { cleanTarget } from './cleanup-run.js';
import { awaitFlush } from './deletion/await-flush.js';
import { CLEANUP_TARGETS } from './targets/cleanup-targets.js';
import { requiredColumns } from './targets/due-predicate.js';

/** What a run has to do, decided. */
export interface CleanupPlan {
  readonly policy: CompleteRetentionPolicy;
  readonly isDryRun: boolean;
  readonly targets: readonly AnyCleanupTarget[];
  readonly signal: AbortSignal | undefined;
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
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
    @Inject(DatabaseClock) private readonly clock: DatabaseClock,
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
      const table = this.tableOf(target);
      requiredColumns(target.dueWhen).forEach(({ property }) => table.column(property));
    }
  }

  /** Deletes what the plan says, or counts it. */
  public async run(plan: CleanupPlan): Promise<CleanupResult> {
    return plan.isDryRun ? this.countAll(plan) : this.deleteAll(plan);
  }

  private async deleteAll(plan: CleanupPlan): Promise<CleanupResult> {
    const runAt = await this.withQueryRunner(async (queryRunner) => {
      const now = await this.clock.now(queryRunner);
      await this.assertAnyTable(queryRunner, plan.targets);
      return now;
    });
    const run = this.contextOf(plan, runAt);
    const reports: CleanupTargetReport[] = [];
    for (const target of plan.targets) {
      reports.push(await this.withQueryRunner((queryRunner) => cleanTarget(run, target, queryRunner)));
    }
    if (reports.some(({ rows }) => rows > 0)) {
      await this.withQueryRunner(awaitFlush);
    }
    return { runAt, reports };
  }

  /** Every count sees the one snapshot that the clock was read in. */
  private async countAll(plan: CleanupPlan): Promise<CleanupResult> {
    return this.withQueryRunner((queryRunner) =>
      inTransaction(queryRunner, this.snapshotMode(), async () => {
        const runAt = await this.clock.now(queryRunner);
        await this.assertAnyTable(queryRunner, plan.targets);
        const run = this.contextOf(plan, runAt);
        const reports: CleanupTargetReport[] = [];
        for (const target of plan.targets) {
          reports.push(await countTarget(run, target, queryRunner));
        }
        return { runAt, reports };
      }),
    );
  }

  private snapshotMode(): TransactionMode {
    const { lockTimeoutMs, statementTimeoutMs } = this.options.cleanup;
    return {
      isolation: 'repeatable read',
      access: 'read only',
      settings: { lock_timeout: lockTimeoutMs, statement_timeout: statementTimeoutMs },
    };
  }

  private contextOf({ policy, isDryRun, signal, onProgress }: CleanupPlan, runAt: Instant): CleanupRun {
    return {
      dataSource: this.dataSource,
      runAt,
      policy,
      isDryRun,
      settings: this.options.cleanup,
      tableOf: (target) => this.tableOf(target),
      signal,
      onProgress,
    };
  }

  private tableOf(target: AnyCleanupTarget): MappedTable {
    return mappedTable(this.dataSource, this.entities, target.entity);
  }

  /** Some tables may be missing, as features may be; when all are, the database is most likely the wrong one. */
  private async assertAnyTable(queryRunner: QueryRunner, selected: readonly AnyCleanupTarget[]): Promise<void> {
    for (const target of [...selected, ...CLEANUP_TARGETS]) {
      if (await tableExists(queryRunner, this.tableOf(target))) {
        return;
      }
    }
    const [answer]: { name: string }[] = await queryRunner.query('select current_database() as name');
    throw new TablesNotFoundError(
      answer?.name ?? '',
      CLEANUP_TARGETS.map((target) => this.tableOf(target).tableName),
    );
  }

  /** A connection of its own for each use: one that was lost harms nothing else. */
  private async withQueryRunner<Result>(work: (queryRunner: QueryRunner) => Promise<Result>): Promise<Result> {
    const queryRunner = this.dataSource.createQueryRunner();
    try {
      return await work(queryRunner);
    } finally {
      await queryRunner.release();
    }
  }
}

/** In a savepoint, as one failing count would otherwise end the snapshot for all. */
async function countTarget(
  run: CleanupRun,
  target: AnyCleanupTarget,
  queryRunner: QueryRunner,
): Promise<CleanupTargetReport> {
  await queryRunner.query('savepoint target').catch(() => undefined);
  const report = await cleanTarget(run, target, queryRunner);
  if (report.status === 'failed') {
    await queryRunner.query('rollback to savepoint target').catch(() => undefined);
  }
  return report;
}
