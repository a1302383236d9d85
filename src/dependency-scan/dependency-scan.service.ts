import { Inject, Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { DEPENDENCY_SCAN_TASK } from '../contract/maintenance-task.js';
import { DatabaseClock } from '../database/database-clock.js';
import { MAINTENANCE_OPTIONS, type ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { endedEarly } from '../tasks/interruption.js';
import { cronOptions } from '../tasks/schedule/job-registry.js';
import { TaskScheduler } from '../tasks/schedule/task-scheduler.js';
import { TaskRunner } from '../tasks/task-runner.js';
import { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import { MaintenanceLog } from '../telemetry/maintenance-log.js';
import { RunLog } from '../telemetry/run-log.js';
import type { DependencyScanReport } from './dependency-scan-report.js';
import { type DependencyScanRequest, validateDependencyScanRequest } from './dependency-scan-request.js';
import { staleAllowancesWarning, vulnerabilityWarnings } from './dependency-scan-warnings.js';
import { DEPENDENCY_SCAN_WORDING } from './dependency-scan-wording.js';
import { type Finding, vulnerabilityOf } from './finding.js';
import { refusedScan } from './refused-scan.js';
import { scanDependencies } from './scan-dependencies.js';
import { scanPlan } from './scan-result.js';

/** Reports known vulnerabilities of the packages that the host stands on. */
@Injectable()
export class DependencyScanService {
  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(DatabaseClock) private readonly clock: DatabaseClock,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents,
    @Inject(TaskRunner) private readonly tasks: TaskRunner,
    @Inject(TaskScheduler) private readonly scheduler: TaskScheduler,
    @Inject(MaintenanceLog) private readonly log: MaintenanceLog,
    @Inject(RunLog) runLog: RunLog,
  ) {
    runLog.describe(DEPENDENCY_SCAN_WORDING);
    scheduler.mount(DEPENDENCY_SCAN_TASK, this, this.onSlot);
  }

  /** Runs the slot that a tick is for, once in the whole cluster. Never throws: failures are logged and recorded. */
  @Cron(DEPENDENCY_SCAN_TASK.defaultExpression, cronOptions(DEPENDENCY_SCAN_TASK))
  public async onTick(): Promise<void> {
    await this.scheduler.tick(DEPENDENCY_SCAN_TASK, this.onSlot);
  }

  /**
   * Runs the audit of the package manager whose lock file lies in the folder, for the packages of production, and reports on it. A scan
   * that cannot tell has the verdict `unknown` and the status `failed`, and says why in `reason`. When another scan is running on this
   * database, wherever, nothing is done and the report's status is `skipped`.
   *
   * @throws {MaintenanceConfigError} when the request is invalid
   * @throws {TablesNotFoundError} when the database has none of Tenxyte's tables
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14
   * @throws {RunsSchemaError} when the run cannot be recorded
   * @throws {ShuttingDownError} when the application shuts down
   */
  public async scanDependencies(request: DependencyScanRequest = {}): Promise<DependencyScanReport> {
    validateDependencyScanRequest(request);
    return this.tasks.runByHand({
      task: DEPENDENCY_SCAN_TASK.name,
      // A scan changes nothing, but claims and records all the same.
      isDryRun: false,
      signal: request.signal,
      work: (run) => this.work(run, request),
      refused: (refusal) => refusedScan(refusal, request.level ?? this.options.dependencyScan.level),
    });
  }

  private readonly onSlot = (run: ActiveRun): Promise<DependencyScanReport> => this.work(run, {});

  private async work(run: ActiveRun, request: DependencyScanRequest): Promise<DependencyScanReport> {
    const startedAt = performance.now();
    const runAt = await run.withQueryRunner((queryRunner) => this.clock.now(queryRunner));
    const plan = scanPlan(this.options.dependencyScan, { ...request, signal: run.signal }, runAt);
    const { result, aboveThreshold } = await run.keepAlive(() => scanDependencies(plan));
    const report: DependencyScanReport = {
      task: 'dependency-scan',
      dryRun: false,
      runId: run.runId,
      runAt,
      durationMs: Math.round(performance.now() - startedAt),
      ...result,
      ...endedEarly(run),
    };
    this.giveWord(report, aboveThreshold);
    return report;
  }

  private giveWord(report: DependencyScanReport, aboveThreshold: readonly Finding[]): void {
    const stale = staleAllowancesWarning(report);
    const warnings = [...vulnerabilityWarnings(report, aboveThreshold), ...(stale === undefined ? [] : [stale])];
    const fields = { event: 'dependencies.vulnerability-found', task: report.task, runId: report.runId };
    warnings.forEach((text) => this.log.write('warn', { text, fields }));
    for (const finding of aboveThreshold) {
      this.events.emit('tenxyte-maintenance.dependencies.vulnerability-found', {
        runId: report.runId,
        ...vulnerabilityOf(finding),
      });
    }
  }
}
