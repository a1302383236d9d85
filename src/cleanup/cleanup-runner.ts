import { failure } from '../contract/task-report.js';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { BATCH_OPENING } from '../batches/batch-opening.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import { inTransaction, snapshotMode } from '../database/short-transaction.js';
import { reportedCode } from '../database/sql-state.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import { HoldPlanner } from '../holds/hold-planner.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { RunTime } from '../tasks/clocks.js';
import { TableSightings } from '../tasks/runs/table-sightings.js';
import { harmlessListener } from '../tasks/harmless-listener.js';
import { TELEMETRY, type Telemetry } from '../telemetry/telemetry.js';
import { TenxyteTables } from '../tenxyte/tenxyte-tables.js';
import { cleanTarget } from './clean-target.js';
import type { CleanupContext } from './cleanup-context.js';
import type { CleanupTargetReport } from './cleanup-report.js';
import {
  type AnyCleanupTarget,
  type CleanupProgressListener,
  type CleanupRequest,
  selectTargets,
} from './cleanup-request.js';
import { CLEANUP_SETTINGS, type CompleteCleanupSettings } from './cleanup-settings.js';
import { CleanupTables } from './cleanup-tables.js';
import { CLEANUP_TASK } from './cleanup.task.js';
import { recordBatch, traceTarget } from './cleanup-telemetry.js';
import { NO_BRAKES } from './limits/brake.js';
import { organizationMembers } from './organization-members.js';
import { RunBudget } from './limits/run-budget.js';
import { RunProgress } from './run-progress.js';

/** Carries a cleanup out on the database. */
@Injectable()
export class CleanupRunner {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(CLEANUP_SETTINGS) private readonly settings: CompleteCleanupSettings,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(CleanupTables) private readonly tables: CleanupTables,
    @Inject(BATCH_OPENING) private readonly opening: readonly string[],
    @Inject(RunTime) private readonly time: RunTime,
    @Inject(TELEMETRY) private readonly telemetry: Telemetry,
    @Inject(TenxyteTables) private readonly presence: TenxyteTables,
    @Inject(HoldPlanner) private readonly holds: HoldPlanner,
    @Inject(TableSightings) private readonly sightings: TableSightings,
  ) {}

  /** Deletes the due rows of each target, or counts them, all in one snapshot. */
  public async run(
    run: ActiveRun,
    policy: CompleteRetentionPolicy,
    request: CleanupRequest,
  ): Promise<readonly CleanupTargetReport[]> {
    const members = await organizationMembers(this.tables, policy, {
      limits: this.settings,
      withQueryRunner: (work) => run.withQueryRunner(work),
    });
    const context = { ...this.contextOf(run, policy, request), ...members };
    await run.keepAlive(() => run.withQueryRunner((queryRunner) => this.refreshHolds(queryRunner, context.isDryRun)));
    if (context.isDryRun) {
      return run.withQueryRunner((snapshot) =>
        inTransaction(snapshot, snapshotMode(this.settings), () =>
          this.each(context, request, (target) => countTarget(context, target, snapshot)),
        ),
      );
    }
    return this.each(context, request, (target) => cleanTarget(context, target));
  }

  /** A dry run counts as a run would: but where the role may not write, it goes by what the holds came to when they were resolved last. */
  private async refreshHolds(queryRunner: QueryRunner, isDryRun: boolean): Promise<void> {
    await this.holds.refresh(queryRunner).catch((error: unknown) => {
      const mayNotWrite = ['PERMISSION_DENIED', 'READ_ONLY_DATABASE'].includes(reportedCode(error));
      if (!isDryRun || !mayNotWrite) {
        throw error;
      }
    });
  }

  /** The time budget of the run counts from here. */
  private contextOf(...[run, policy, request]: Parameters<CleanupRunner['run']>): CleanupContext {
    const { maxDurationMs = this.settings.maxDurationMs, force = false } = request;
    const settings = { ...this.settings, maxDurationMs };
    const budget = new RunBudget(run, settings, this.time);
    run.stopAfter(maxDurationMs);
    const beforeBatch = async (batchRunner: QueryRunner): Promise<void> => {
      await budget.beforeBatch();
      await run.beforeBatch(batchRunner);
    };
    return {
      run,
      runAt: run.runAt,
      policy,
      isDryRun: request.dryRun === true,
      settings,
      brakes: force ? NO_BRAKES : settings,
      budget,
      limits: { ...settings, beforeBatch, fence: run.fence, opening: this.opening },
      dataSource: this.dataSource,
      tableOf: (target) => this.tables.of(target),
      holds: this.holds,
      assertOwner: (queryRunner, stored) =>
        this.presence.assertOwner(queryRunner, stored, 'Nothing is deleted from it'),
      vanished: async (queryRunner, target, wasThere) => {
        const missing = `There is no table ${this.tables.of(target).tableName}`;
        return wasThere
          ? failure('TABLE_VANISHED', `${missing} any more: it went away in mid-run`)
          : this.sightings.vanished(queryRunner, CLEANUP_TASK.name, missing, target.name);
      },
      progress: new RunProgress(
        toldToRun(run, harmlessListener(request.onProgress, this.logger)),
        selectTargets(request, this.settings).length,
      ),
      onBatch: (batch) => recordBatch(this.telemetry, batch),
    };
  }

  private async each(
    { run: { runId }, progress }: CleanupContext,
    request: CleanupRequest,
    clean: (target: AnyCleanupTarget) => Promise<CleanupTargetReport>,
  ): Promise<readonly CleanupTargetReport[]> {
    const reports: CleanupTargetReport[] = [];
    for (const target of selectTargets(request, this.settings)) {
      const report = await traceTarget(this.telemetry, { runId, target: target.name }, () => clean(target));
      reports.push(report);
      progress.end(report);
    }
    return reports;
  }
}

/** Also tells other processes, by the record of the run. */
function toldToRun(run: ActiveRun, listener: CleanupProgressListener): CleanupProgressListener {
  return (progress) => {
    const { target: name, rows: count, fraction, remainingMs, overall, status, reason } = progress;
    run.tell({ name, unit: 'row', count, fraction, remainingMs, status, reason }, overall);
    listener(progress);
  };
}

/** In a savepoint, as one failing count would otherwise end the snapshot for all. */
async function countTarget(
  context: CleanupContext,
  target: AnyCleanupTarget,
  snapshot: QueryRunner,
): Promise<CleanupTargetReport> {
  await snapshot.query('savepoint target').catch(() => undefined);
  const report = await cleanTarget(context, target, snapshot);
  if (report.status === 'failed') {
    await snapshot.query('rollback to savepoint target').catch(() => undefined);
  }
  return report;
}
