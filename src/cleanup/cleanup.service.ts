import { randomUUID } from 'node:crypto';
import type { OnModuleInit } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import { MAINTENANCE_OPTIONS } from '../options/maintenance-options.js';
import { RetentionService } from '../retention/retention.service.js';
import { harmlessListener } from './cleanup-progress.js';
import type { CleanupReport } from './cleanup-report.js';
import { cleanupStatus } from './cleanup-report.js';
import type { CleanupRequest } from './cleanup-request.js';
import { requestedRetention, selectTargets, validateCleanupRequest } from './cleanup-request.js';
import { CleanupRunner } from './cleanup-runner.js';

/** Deletes expired and outdated security records, or counts them. */
@Injectable()
export class CleanupService implements OnModuleInit {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(RetentionService) private readonly retention: RetentionService,
    @Inject(CleanupRunner) private readonly runner: CleanupRunner,
  ) {}

  /** @throws {MaintenanceConfigError} when an entity is unknown to the data source or lacks a column the cleanup reads */
  public onModuleInit(): void {
    this.runner.assertMapped();
  }

  /**
   * Cleans the targets one after another and reports on each. A failing target leaves the others running.
   *
   * @throws {MaintenanceConfigError} when the request or the retention policy is invalid; nothing was touched
   * @throws {RetentionProviderError} when the retention provider fails; nothing was touched
   * @throws {RetentionBoundsError} when the policy lies outside the retention bounds; nothing was touched
   * @throws {TablesNotFoundError} when the database has none of Tenxyte's tables
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   */
  public async cleanup(request: CleanupRequest = {}): Promise<CleanupReport> {
    validateCleanupRequest(request);
    const policy = await this.retention.policy(requestedRetention(request));
    const targets = selectTargets(request, this.options.cleanup.include);
    const runId = randomUUID();
    const isDryRun = request.dryRun === true;
    const startedAt = performance.now();
    this.logger.log(
      `cleanup ${runId} started${isDryRun ? ' (dry run)' : ''}: ${targets.map(({ name }) => name).join(', ')}`,
    );

    const { runAt, reports } = await this.runner.run({
      policy,
      isDryRun,
      targets,
      signal: request.signal,
      onProgress: harmlessListener(request.onProgress, this.logger),
    });
    const report: CleanupReport = {
      task: 'cleanup',
      status: cleanupStatus(reports.map(({ status }) => status)),
      dryRun: isDryRun,
      runId,
      runAt,
      durationMs: Math.round(performance.now() - startedAt),
      rows: reports.reduce((sum, { rows }) => sum + rows, 0),
      targets: reports,
    };
    this.logEnd(report);
    return report;
  }

  private logEnd(report: CleanupReport): void {
    const verb = report.dryRun ? 'would delete' : 'deleted';
    this.logger.log(`cleanup ${report.runId} ${report.status}: ${verb} ${report.rows} rows in ${report.durationMs} ms`);
    for (const { name, error } of report.targets) {
      if (error !== undefined) {
        this.logger.error(`cleanup ${report.runId}: ${name} failed (${error.code}): ${error.message}`);
      }
    }
  }
}
