import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Cron } from '@nestjs/schedule';
import { AGENT_HEARTBEAT_TASK } from '../contract/maintenance-task.js';
import { MAINTENANCE_OPTIONS, type ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import type { ActiveRun } from '../tasks/active-run.js';
import { endedEarly } from '../tasks/interruption.js';
import { cronOptions } from '../tasks/schedule/job-registry.js';
import { TaskScheduler } from '../tasks/schedule/task-scheduler.js';
import { TaskRunner } from '../tasks/task-runner.js';
import { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import { MaintenanceLog } from '../telemetry/maintenance-log.js';
import { RunLog } from '../telemetry/run-log.js';
import { RUN_TELEMETRY, type RunTelemetry } from '../telemetry/run-telemetry.js';
import type { AgentHeartbeatResult } from './agent-heartbeat-plan.js';
import type { AgentHeartbeatReport } from './agent-heartbeat-report.js';
import { type AgentHeartbeatRequest, validateAgentHeartbeatRequest } from './agent-heartbeat-request.js';
import { AgentHeartbeatRunner } from './agent-heartbeat-runner.js';
import { SuspendedAgents } from './agent-heartbeat-tally.js';
import { suspensionWarning } from './agent-heartbeat-warning.js';
import { AGENT_HEARTBEAT_WORDING } from './agent-heartbeat-wording.js';
import { graceReport, refusedReport } from './idle-reports.js';
import { StartupGrace } from './startup-grace.js';

/** Suspends the AI agents whose heartbeats stopped. */
@Injectable()
export class AgentHeartbeatService implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('TenxyteMaintenance');

  public constructor(
    @Inject(MAINTENANCE_OPTIONS) private readonly options: ResolvedMaintenanceOptions,
    @Inject(AgentHeartbeatRunner) private readonly runner: AgentHeartbeatRunner,
    @Inject(StartupGrace) private readonly grace: StartupGrace,
    @Inject(MaintenanceEvents) private readonly events: MaintenanceEvents,
    @Inject(TaskRunner) private readonly tasks: TaskRunner,
    @Inject(TaskScheduler) private readonly scheduler: TaskScheduler,
    @Inject(MaintenanceLog) private readonly log: MaintenanceLog,
    @Inject(RUN_TELEMETRY) private readonly telemetry: RunTelemetry,
    @Inject(RunLog) runLog: RunLog,
  ) {
    runLog.describe(AGENT_HEARTBEAT_WORDING);
    scheduler.mount(AGENT_HEARTBEAT_TASK, this, this.onSlot);
  }

  /** @throws {MaintenanceConfigError} when the entity is unknown to the data source or lacks a column the monitor needs */
  public onModuleInit(): void {
    this.runner.assertMapped();
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
      await this.scheduler.tick(AGENT_HEARTBEAT_TASK, this.onSlot);
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
    validateAgentHeartbeatRequest(request);
    const isDryRun = request.dryRun === true;
    if (!isDryRun && this.grace.secondsLeft > 0) {
      return graceReport(this.grace.secondsLeft, await this.tasks.now());
    }
    return this.tasks.runByHand({
      task: AGENT_HEARTBEAT_TASK.name,
      isDryRun,
      signal: request.signal,
      work: (run) => this.work(run, isDryRun),
      refused: refusedReport,
    });
  }

  private readonly onSlot = (run: ActiveRun): Promise<AgentHeartbeatReport> => this.work(run, false);

  private async work(run: ActiveRun, isDryRun: boolean): Promise<AgentHeartbeatReport> {
    const startedAt = performance.now();
    const suspended = new SuspendedAgents(run.runId, this.events);
    try {
      const { massSuspension, ...result } = await this.check(run, isDryRun, suspended);
      if (massSuspension !== undefined && !isDryRun) {
        this.events.emit('tenxyte-maintenance.agents.mass-suspension-refused', { runId: run.runId, ...massSuspension });
      }
      const durationMs = Math.round(performance.now() - startedAt);
      return {
        task: 'agent-heartbeat',
        dryRun: isDryRun,
        runId: run.runId,
        durationMs,
        ...result,
        ...endedEarly(run),
      };
    } finally {
      this.warnOf(run.runId, suspended);
    }
  }

  private async check(run: ActiveRun, isDryRun: boolean, suspended: SuspendedAgents): Promise<AgentHeartbeatResult> {
    return this.runner.run({
      settings: this.options.agentHeartbeat,
      isDryRun,
      limits: this.options.cleanup,
      beforeBatch: run.beforeBatch,
      signal: run.signal,
      onSuspended: (agents, runAt) => {
        suspended.add(agents, runAt);
        this.telemetry.agentsSuspended(agents.length);
      },
      withQueryRunner: (work) => run.withQueryRunner(work),
    });
  }

  /** Also when the run failed later: these agents are suspended. */
  private warnOf(runId: string, { count, first }: SuspendedAgents): void {
    if (count > 0) {
      const text = suspensionWarning({ runId, suspended: count, agents: first });
      const fields = { event: 'agents.suspended', task: AGENT_HEARTBEAT_TASK.name, runId, suspended: count };
      this.log.write('warn', { text, fields });
    }
  }
}
