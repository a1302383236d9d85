import { Inject, Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import type { TaskResult } from '../contract/maintenance-task.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { cronOptions } from '../tasks/schedule/job-registry.js';
import { TaskScheduler } from '../tasks/schedule/task-scheduler.js';
import { type RunnableTask, TaskRunner } from '../tasks/task-runner.js';
import { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import { MaintenanceLog } from '../telemetry/maintenance-log.js';
import { withoutPrototype } from '../validation/own-properties.js';
import type { DependencyScanReport } from './dependency-scan-report.js';
import { type DependencyScanRequest, validateDependencyScanRequest } from './dependency-scan-request.js';
import { type CompleteDependencyScanSettings, DEPENDENCY_SCAN_SETTINGS } from './dependency-scan-settings.js';
import { staleAllowancesWarning, vulnerabilityWarnings } from './dependency-scan-warnings.js';
import type { DependencyScanEvents } from './dependency-scan.events.js';
import { DEPENDENCY_SCAN_TASK } from './dependency-scan.task.js';
import { type Finding, vulnerabilityOf } from './finding.js';
import { scanDependencies } from './scan-dependencies.js';
import { scanPlan, type ScanResult } from './scan-result.js';

/** Reports known vulnerabilities of the packages that the host depends on. */
@Injectable()
export class DependencyScanService implements RunnableTask<DependencyScanRequest, DependencyScanReport> {
  /** @internal */
  public readonly task = DEPENDENCY_SCAN_TASK;

  public constructor(
    @Inject(DEPENDENCY_SCAN_SETTINGS) private readonly settings: CompleteDependencyScanSettings,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents<DependencyScanEvents>,
    @Inject(TaskRunner) private readonly tasks: TaskRunner,
    @Inject(TaskScheduler) private readonly scheduler: TaskScheduler,
    @Inject(MaintenanceLog) private readonly log: MaintenanceLog,
  ) {
    scheduler.mount(this);
  }

  /** Runs the slot that a tick is for, once in the whole cluster. Never throws: failures are logged and recorded. */
  @Cron(DEPENDENCY_SCAN_TASK.defaultExpression, cronOptions(DEPENDENCY_SCAN_TASK))
  public async onTick(): Promise<void> {
    await this.scheduler.tick(this);
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
    const checked = validateDependencyScanRequest(request);
    return this.tasks.runByHand(this, { ...checked, level: checked.level ?? this.settings.level });
  }

  /** @internal */
  public async work(run: ActiveRun, request: DependencyScanRequest): Promise<TaskResult<DependencyScanReport>> {
    const plan = scanPlan(this.settings, withoutPrototype({ ...request, signal: run.signal }), run.runAt);
    const { result, aboveThreshold } = await run.keepAlive(() => scanDependencies(plan));
    this.publish(run.runId, result, aboveThreshold);
    return result;
  }

  private publish(runId: string, result: ScanResult, aboveThreshold: readonly Finding[]): void {
    const stale = staleAllowancesWarning({ runId, ...result });
    const warnings = [
      ...vulnerabilityWarnings({ runId, ...result }, aboveThreshold),
      ...(stale === undefined ? [] : [stale]),
    ];
    const fields = { event: 'dependencies.vulnerability-found', task: this.task.name, runId };
    warnings.forEach((text) => this.log.write('warn', { text, fields }));
    for (const finding of aboveThreshold) {
      this.events.emit('tenxyte-maintenance.dependencies.vulnerability-found', { runId, ...vulnerabilityOf(finding) });
    }
  }
}
