import { Inject, Injectable } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import type { TaskResult } from '../contract/maintenance-task.js';
import type { CompleteRetentionPolicy } from '../retention/retention-policy.js';
import { plainPolicy, RETENTION_SETTINGS, type RetentionSettings } from '../retention/retention-settings.js';
import { RetentionService } from '../retention/retention.service.js';
import { rankedRules } from '../retention/rule-precedence.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { cronOptions } from '../tasks/schedule/job-registry.js';
import { TaskScheduler } from '../tasks/schedule/task-scheduler.js';
import { type RunnableTask, TaskRunner } from '../tasks/task-runner.js';
import { EntityMapping } from '../tenxyte/entity-mapping.js';
import { BacklogAlarm } from './backlog/backlog-alarm.js';
import { type CleanupReport, cleanupStatus } from './cleanup-report.js';
import {
  assertTargetNames,
  type CleanupRequest,
  requestedRetention,
  validateCleanupRequest,
} from './cleanup-request.js';
import { CLEANUP_SETTINGS, type CompleteCleanupSettings } from './cleanup-settings.js';
import { CleanupRunner } from './cleanup-runner.js';
import { CLEANUP_TASK } from './cleanup.task.js';
import { CLEANUP_TARGETS } from './targets/cleanup-targets.js';
import { requiredColumns } from './targets/due-predicate.js';
import { ruleProperties } from './targets/rule-matches.js';

/** A call with its policy, which a slot asks for once it runs. */
interface DecidedCleanup extends CleanupRequest {
  readonly policy?: CompleteRetentionPolicy;
}

/** Deletes expired and outdated security records, or counts them. */
@Injectable()
export class CleanupService implements RunnableTask<DecidedCleanup, CleanupReport> {
  /** @internal */
  public readonly task = CLEANUP_TASK;

  public constructor(
    @Inject(RetentionService) private readonly retention: RetentionService,
    @Inject(CleanupRunner) private readonly runner: CleanupRunner,
    @Inject(TaskRunner) private readonly tasks: TaskRunner,
    @Inject(TaskScheduler) private readonly scheduler: TaskScheduler,
    @Inject(BacklogAlarm) private readonly backlogAlarm: BacklogAlarm,
    @Inject(CLEANUP_SETTINGS) private readonly settings: CompleteCleanupSettings,
    @Inject(EntityMapping) mapping: EntityMapping,
    @Inject(RETENTION_SETTINGS) { retention: source }: RetentionSettings,
  ) {
    scheduler.mount(this);
    const rules = plainPolicy(source)?.rules ?? [];
    for (const target of CLEANUP_TARGETS) {
      const { entity, dueWhen, name } = target;
      if (entity !== 'MaintenanceRun') {
        const columns = requiredColumns(dueWhen).map(({ property }) => property);
        mapping.need({ entity, properties: [...columns, ...ruleProperties(target, rankedRules(rules, name))] });
      }
    }
  }

  /** Runs the slot that a tick is for, once in the whole cluster. Never throws: failures are logged and recorded. */
  @Cron(CLEANUP_TASK.defaultExpression, cronOptions(CLEANUP_TASK))
  public async onTick(): Promise<void> {
    await this.scheduler.tick(this);
  }

  /**
   * Cleans the targets one after another and reports on each. A failing target leaves the others running. When another cleanup is running
   * on this database, wherever, nothing is done and the report's status is `skipped`.
   *
   * @throws {MaintenanceConfigError} when the request or the retention policy is invalid; nothing was touched
   * @throws {RetentionProviderError} when the retention provider fails or does not answer within 30 s; nothing was touched
   * @throws {RunInterruptedError} when the request's signal fires while the provider is asked; nothing was touched
   * @throws {RetentionBoundsError} when the policy lies outside the retention bounds; nothing was touched
   * @throws {TablesNotFoundError} when the database has none of Tenxyte's tables
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   * @throws {RunsSchemaError} when the run cannot be recorded; nothing was touched
   * @throws {ShuttingDownError} when the application shuts down; nothing was touched
   */
  public async cleanup(request: CleanupRequest = {}): Promise<CleanupReport> {
    const checked = validateCleanupRequest(request);
    assertTargetNames(checked, this.settings);
    const policy = await this.retention.policy(requestedRetention(checked), checked.signal);
    return this.tasks.runByHand<DecidedCleanup, CleanupReport>(this, { ...checked, policy });
  }

  /** @internal */
  public async work(run: ActiveRun, request: DecidedCleanup): Promise<TaskResult<CleanupReport>> {
    const policy = request.policy ?? (await this.retention.policy());
    const targets = await this.runner.run(run, policy, request);
    if (run.isScheduled) {
      await this.backlogAlarm.lookAfter(run);
    }
    return {
      status: cleanupStatus(targets.map(({ status }) => status)),
      rows: targets.reduce((sum, { rows }) => sum + rows, 0),
      targets,
    };
  }
}
