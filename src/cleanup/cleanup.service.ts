import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { CLEANUP_TASK } from '../contract/maintenance-task.js';
import { MAINTENANCE_OPTIONS, type ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import { RetentionService } from '../retention/retention.service.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { harmlessListener } from '../tasks/harmless-listener.js';
import { endedEarly } from '../tasks/interruption.js';
import { cronOptions } from '../tasks/schedule/job-registry.js';
import { TaskScheduler } from '../tasks/schedule/task-scheduler.js';
import { type RunRefusal, TaskRunner } from '../tasks/task-runner.js';
import { RunLog } from '../telemetry/run-log.js';
import { BacklogAlarm } from './backlog/backlog-alarm.js';
import { type CleanupReport, cleanupStatus } from './cleanup-report.js';
import { type CleanupRequest, requestedRetention, selectTargets, validateCleanupRequest } from './cleanup-request.js';
import { CleanupRunner } from './cleanup-runner.js';
import { CLEANUP_WORDING } from './cleanup-wording.js';

/** Deletes expired and outdated security records, or counts them. */
@Injectable()
export class CleanupService implements OnModuleInit {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(RetentionService) private readonly retention: RetentionService,
    @Inject(CleanupRunner) private readonly runner: CleanupRunner,
    @Inject(TaskRunner) private readonly tasks: TaskRunner,
    @Inject(TaskScheduler) private readonly scheduler: TaskScheduler,
    @Inject(BacklogAlarm) private readonly backlogAlarm: BacklogAlarm,
    @Inject(RunLog) log: RunLog,
  ) {
    log.describe(CLEANUP_WORDING);
    scheduler.mount(CLEANUP_TASK, this, this.onSlot);
  }

  /** @throws {MaintenanceConfigError} when an entity is unknown to the data source or lacks a column the cleanup reads */
  public onModuleInit(): void {
    this.runner.assertMapped();
  }

  /** Runs the slot that a tick is for, once in the whole cluster. Never throws: failures are logged and recorded. */
  @Cron(CLEANUP_TASK.defaultExpression, cronOptions(CLEANUP_TASK))
  public async onTick(): Promise<void> {
    await this.scheduler.tick(CLEANUP_TASK, this.onSlot);
  }

  /**
   * Cleans the targets one after another and reports on each. A failing target leaves the others running. When another cleanup is running
   * on this database, wherever, nothing is done and the report's status is `skipped`.
   *
   * @throws {MaintenanceConfigError} when the request or the retention policy is invalid; nothing was touched
   * @throws {RetentionProviderError} when the retention provider fails; nothing was touched
   * @throws {RetentionBoundsError} when the policy lies outside the retention bounds; nothing was touched
   * @throws {TablesNotFoundError} when the database has none of Tenxyte's tables
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   * @throws {RunsSchemaError} when the run cannot be recorded; nothing was touched
   * @throws {ShuttingDownError} when the application shuts down; nothing was touched
   */
  public async cleanup(request: CleanupRequest = {}): Promise<CleanupReport> {
    validateCleanupRequest(request);
    const policy = await this.retention.policy(requestedRetention(request));
    return this.tasks.runByHand({
      task: CLEANUP_TASK.name,
      isDryRun: request.dryRun === true,
      signal: request.signal,
      work: (run) => this.work(run, policy, request),
      refused: refusedReport,
    });
  }

  private readonly onSlot = async (run: ActiveRun): Promise<CleanupReport> => {
    const report = await this.work(run, await this.retention.policy(), {});
    await this.backlogAlarm.lookAfter(run);
    return report;
  };

  private async work(run: ActiveRun, policy: CompleteRetentionPolicy, request: CleanupRequest): Promise<CleanupReport> {
    const targets = selectTargets(request, this.options.cleanup.include);
    const isDryRun = request.dryRun === true;
    const startedAt = performance.now();
    const onProgress = harmlessListener(request.onProgress, this.logger);
    const { force: isForced = false, maxDurationMs = this.options.cleanup.maxDurationMs } = request;
    const plan = { policy, isDryRun, isForced, maxDurationMs, targets, run, onProgress };
    const { runAt, reports } = await this.runner.run(plan);
    return {
      task: 'cleanup',
      status: cleanupStatus(reports.map(({ status }) => status)),
      dryRun: isDryRun,
      runId: run.runId,
      runAt,
      durationMs: Math.round(performance.now() - startedAt),
      rows: reports.reduce((sum, { rows }) => sum + rows, 0),
      targets: reports,
      ...endedEarly(run),
    };
  }
}

function refusedReport({ runId, runAt, error }: RunRefusal): CleanupReport {
  return {
    task: 'cleanup',
    status: 'skipped',
    dryRun: false,
    runId,
    runAt,
    durationMs: 0,
    rows: 0,
    targets: [],
    error,
  };
}
