import { failure } from '../contract/task-report.js';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import type { DataSource } from 'typeorm';
import { BATCH_LIMITS, type BatchLimits } from '../batches/batch-limits.js';
import type { TaskResult } from '../contract/maintenance-task.js';
import { MAINTENANCE_DATA_SOURCE } from '../database/maintenance-data-source.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { cronOptions } from '../tasks/schedule/job-registry.js';
import { TaskScheduler } from '../tasks/schedule/task-scheduler.js';
import { type RunnableTask, TaskRunner } from '../tasks/task-runner.js';
import { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import { MaintenanceLog } from '../telemetry/maintenance-log.js';
import { type Telemetry, TELEMETRY } from '../telemetry/telemetry.js';
import { EntityMapping } from '../tenxyte/entity-mapping.js';
import { mappedTable } from '../tenxyte/entity-table.js';
import { ENTITY_CLASSES, type EntityClasses } from '../tenxyte/tenxyte-entities.js';
import { ACKNOWLEDGED, type OwnerAssertion, TenxyteTables } from '../tenxyte/tenxyte-tables.js';
import { AGENT_PROPERTIES } from './agent-conditions.js';
import type { AgentHeartbeatReport } from './agent-heartbeat-report.js';
import { type AgentHeartbeatRequest, validateAgentHeartbeatRequest } from './agent-heartbeat-request.js';
import { checkAgentHeartbeats } from './agent-heartbeat-run.js';
import { AGENT_HEARTBEAT_SETTINGS, type CompleteAgentHeartbeatSettings } from './agent-heartbeat-settings.js';
import { SuspendedAgents } from './agent-heartbeat-tally.js';
import { suspensionWarning } from './agent-heartbeat-warning.js';
import type { AgentHeartbeatEvents } from './agent-heartbeat.events.js';
import { AGENT_METRICS } from './agent-heartbeat.metrics.js';
import { AGENT_HEARTBEAT_TASK } from './agent-heartbeat.task.js';
import { StartupGrace } from './startup-grace.js';

/** Suspends the AI agents whose heartbeats stopped. */
@Injectable()
export class AgentHeartbeatService
  implements OnApplicationBootstrap, RunnableTask<AgentHeartbeatRequest, AgentHeartbeatReport>
{
  /** @internal */
  public readonly task = AGENT_HEARTBEAT_TASK;
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(AGENT_HEARTBEAT_SETTINGS) private readonly settings: CompleteAgentHeartbeatSettings,
    @Inject(BATCH_LIMITS) private readonly limits: BatchLimits,
    @Inject(MAINTENANCE_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ENTITY_CLASSES) private readonly entities: EntityClasses,
    @Inject(StartupGrace) private readonly grace: StartupGrace,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents<AgentHeartbeatEvents>,
    @Inject(TaskRunner) private readonly tasks: TaskRunner,
    @Inject(TaskScheduler) private readonly scheduler: TaskScheduler,
    @Inject(MaintenanceLog) private readonly log: MaintenanceLog,
    @Inject(TELEMETRY) private readonly telemetry: Telemetry,
    @Inject(TenxyteTables) private readonly presence: TenxyteTables,
    @Inject(ACKNOWLEDGED) private readonly acknowledged: readonly string[],
    @Inject(EntityMapping) mapping: EntityMapping,
  ) {
    scheduler.mount(this);
    mapping.need({ entity: 'AgentToken', properties: AGENT_PROPERTIES });
  }

  public onApplicationBootstrap(): void {
    const { secondsLeft } = this.grace;
    if (secondsLeft > 0) {
      this.logger.log(`agent-heartbeat: this process suspends nobody for ${secondsLeft} s (startupGraceSeconds)`);
    }
  }

  /**
   * Runs the slot that a tick is for, once in the whole cluster; leaves it to other replicas in this one's start-up grace. Never throws:
   * failures are logged and recorded.
   */
  @Cron(AGENT_HEARTBEAT_TASK.defaultExpression, cronOptions(AGENT_HEARTBEAT_TASK))
  public async onTick(): Promise<void> {
    if (this.grace.secondsLeft === 0) {
      await this.scheduler.tick(this);
    }
  }

  /**
   * Suspends every ACTIVE token whose agent was silent for longer than its `heartbeat_required_every`, and reports on it. When another
   * check is running on this database, wherever, nothing is done and the report's status is `skipped`; so it is in the start-up grace,
   * except for a dry run.
   *
   * @throws {MaintenanceConfigError} when the request is invalid; nothing was touched
   * @throws {MaintenanceError} `NOT_A_TABLE`, `COLUMN_MISSING`, `COLUMN_TYPE` or `PERMISSION_DENIED`; nothing was touched
   * @throws {UnsupportedServerError} when the server is older than PostgreSQL 14; nothing was touched
   * @throws {RunsSchemaError} when the run cannot be recorded; nothing was touched
   * @throws {ShuttingDownError} when the application shuts down; nothing was touched
   */
  public async checkAgentHeartbeats(request: AgentHeartbeatRequest = {}): Promise<AgentHeartbeatReport> {
    const checked = validateAgentHeartbeatRequest(request);
    const { secondsLeft } = this.grace;
    if (checked.dryRun === true || secondsLeft === 0) {
      return this.tasks.runByHand(this, checked);
    }
    const message =
      `This application started only just now and suspends nobody for another ${secondsLeft} s ` +
      '(agentHeartbeat.startupGraceSeconds): the agents may have had nobody to send their heartbeats to';
    return this.tasks.skipped(this.task, checked, failure('STARTUP_GRACE', message));
  }

  /** @internal */
  public async work(
    run: ActiveRun,
    { dryRun: isDryRun = false }: AgentHeartbeatRequest,
  ): Promise<TaskResult<AgentHeartbeatReport>> {
    const { runId, runAt, beforeBatch, signal } = run;
    const suspended = new SuspendedAgents(runId, runAt, this.events);
    const onSuspended: SuspendedAgents['add'] = (agents) => {
      suspended.add(agents);
      this.telemetry.record(AGENT_METRICS.suspendedAgents, agents.length);
    };
    const { settings } = this;
    const limits = { ...this.limits, fence: run.fence };
    const table = mappedTable(this.dataSource, this.entities, 'AgentToken', AGENT_PROPERTIES);
    const assertOwner: OwnerAssertion = (queryRunner, stored) =>
      this.presence.assertOwner(queryRunner, stored, 'Nobody was suspended');
    const plan = {
      assertOwner,
      acknowledge: this.acknowledged,
      settings,
      isDryRun,
      runAt,
      limits,
      beforeBatch,
      signal,
      onSuspended,
    };
    try {
      const { massSuspension, ...result } = await run.withQueryRunner((queryRunner) =>
        checkAgentHeartbeats({ queryRunner, table, plan }),
      );
      if (massSuspension !== undefined && !isDryRun) {
        this.events.emit('tenxyte-maintenance.agents.mass-suspension-refused', { runId, ...massSuspension });
      }
      return result;
    } finally {
      this.warnOf(runId, suspended);
    }
  }

  /** Also when the run failed later: these agents are suspended. */
  private warnOf(runId: string, { count, first }: SuspendedAgents): void {
    if (count > 0) {
      const text = suspensionWarning({ runId, suspended: count, agents: first });
      const fields = { event: 'agents.suspended', task: this.task.name, runId, suspended: count };
      this.log.write('warn', { text, fields });
    }
  }
}
