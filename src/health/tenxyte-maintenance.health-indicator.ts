import { Inject, Injectable } from '@nestjs/common';
import type { BacklogReport } from '../cleanup/backlog/backlog-report.js';
import { sqlState } from '../database/sql-state.js';
import { MaintenanceError } from '../errors/maintenance.error.js';
import { type CompleteHealthSettings, HEALTH_SETTINGS } from '../status/health-settings.js';
import { type TaskEvaluation, TaskEvaluator } from '../status/task-evaluator.js';
import { RunsSchema } from '../tasks/runs/runs-schema.js';
import { withinTimeout } from '../database/within-timeout.js';
import { BacklogCache } from './backlog-cache.js';
import { backlogHealth, healthOf } from './health-of.js';
import {
  type MaintenanceHealth,
  type MaintenanceHealthOptions,
  type MaintenanceHealthResult,
  validateHealthOptions,
} from './maintenance-health.js';

/**
 * A health indicator for `@nestjs/terminus` 11 and 12:
 *
 * ```ts
 * this.health.check([() => this.maintenanceHealth.isHealthy()]);
 * ```
 *
 * Terminus is not imported: it takes a returned `down` as it takes its own.
 */
@Injectable()
export class TenxyteMaintenanceHealthIndicator {
  /** Probes that come while one is being answered share its look at the tables, so that a slow database is not asked ever more. */
  private evaluation: Promise<TaskEvaluation> | undefined;

  public constructor(
    @Inject(HEALTH_SETTINGS) private readonly settings: CompleteHealthSettings,
    @Inject(RunsSchema) private readonly schema: RunsSchema,
    @Inject(TaskEvaluator) private readonly evaluator: TaskEvaluator,
    @Inject(BacklogCache) private readonly backlog: BacklogCache,
  ) {}

  /**
   * Whether every scheduled task succeeds in time and the cleanup keeps up. A database that cannot be asked is `down`, not an error.
   *
   * @param key the name of the indicator in the answer. @default 'tenxyte-maintenance'
   * @throws {MaintenanceConfigError} when the options are invalid
   */
  public async isHealthy<const Key extends string = 'tenxyte-maintenance'>(
    key: Key = 'tenxyte-maintenance' as Key,
    options: MaintenanceHealthOptions = {},
  ): Promise<MaintenanceHealthResult<Key>> {
    return { [key]: await this.ask(validateHealthOptions(options)) } as MaintenanceHealthResult<Key>;
  }

  private async ask(options: MaintenanceHealthOptions): Promise<MaintenanceHealth> {
    try {
      const [evaluation, backlog] = await Promise.all([
        this.evaluated(),
        options.backlog === false ? undefined : this.measured(),
      ]);
      return evaluation === undefined
        ? { status: 'down', message: `the database did not answer within ${this.settings.timeoutMs} ms` }
        : healthOf(evaluation, options.backlog === false ? undefined : backlogHealth(backlog), options);
    } catch (error) {
      return { status: 'down', message: reasonOf(error) };
    }
  }

  private async evaluated(): Promise<TaskEvaluation | undefined> {
    const evaluation = this.evaluation ?? this.evaluate();
    this.evaluation = evaluation;
    try {
      return await withinTimeout(evaluation, this.settings.timeoutMs);
    } finally {
      // One that takes too long is shared no longer: its connection may be dead, and another one well.
      this.evaluation = this.evaluation === evaluation ? undefined : this.evaluation;
    }
  }

  /** Without Tenxyte's tables, or where no run can be recorded, nothing runs, whatever the record says. */
  private async evaluate(): Promise<TaskEvaluation> {
    await this.schema.ensure();
    return this.evaluator.evaluate();
  }

  /** The next probe waits for a measurement that takes too long; a failure shows in the runs themselves. */
  private async measured(): Promise<BacklogReport | undefined> {
    try {
      return await withinTimeout(this.backlog.report(), this.settings.timeoutMs);
    } catch {
      return undefined;
    }
  }
}

/** A driver's message may name a host or a user: only its code is given. */
function reasonOf(error: unknown): string {
  if (error instanceof MaintenanceError) {
    return error.message;
  }
  const given: unknown = Object(error).code;
  const code = sqlState(error) ?? (typeof given === 'string' && /^[A-Z_]+$/.test(given) ? given : undefined);
  return `the database could not be asked${code === undefined ? '' : ` (${code})`}`;
}
