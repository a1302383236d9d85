import { Inject, Injectable, type Provider } from '@nestjs/common';
import type { AgentHeartbeatReport } from './agent-heartbeat/agent-heartbeat-report.js';
import type { AgentHeartbeatRequest } from './agent-heartbeat/agent-heartbeat-request.js';
import { AgentHeartbeatService } from './agent-heartbeat/agent-heartbeat.service.js';
import { StartupGrace } from './agent-heartbeat/startup-grace.js';
import { BacklogAlarm, FallingBehindWatch } from './cleanup/backlog/backlog-alarm.js';
import { BacklogGauges } from './cleanup/backlog/backlog-gauges.js';
import type { BacklogReport } from './cleanup/backlog/backlog-report.js';
import type { BacklogRequest } from './cleanup/backlog/backlog-request.js';
import { BacklogService } from './cleanup/backlog/backlog.service.js';
import type { CleanupReport } from './cleanup/cleanup-report.js';
import type { CleanupRequest } from './cleanup/cleanup-request.js';
import { CleanupRunner } from './cleanup/cleanup-runner.js';
import { CleanupTables } from './cleanup/cleanup-tables.js';
import { CleanupService } from './cleanup/cleanup.service.js';
import type { RetentionExplanation } from './cleanup/policy/explain-retention.js';
import { RetentionPolicyService } from './cleanup/policy/retention-policy.service.js';
import type { RetentionQuestion } from './cleanup/policy/retention-question.js';
import type { RetentionSchedule } from './cleanup/policy/retention-schedule.js';
import type { AttributedRequest } from './contract/attribution.js';
import type { TaskRequest } from './contract/maintenance-task.js';
import type { TaskReport } from './contract/task-report.js';
import type { PauseRequest } from './control/control-requests.js';
import {
  type CancelledRun,
  type PausedTask,
  type ResumedTask,
  TaskControlService,
} from './control/task-control.service.js';
import type { DependencyScanReport } from './dependency-scan/dependency-scan-report.js';
import type { DependencyScanRequest } from './dependency-scan/dependency-scan-request.js';
import { DependencyScanService } from './dependency-scan/dependency-scan.service.js';
import type { DoctorReport } from './doctor/doctor-report.js';
import { DoctorService } from './doctor/doctor.service.js';
import { reportedCode } from './database/sql-state.js';
import { errorMessage } from './errors/error-message.js';
import { MaintenanceError } from './errors/maintenance.error.js';
import { MaintenanceConfigError } from './errors/maintenance-config.error.js';
import type { EngineRun, EngineRunRequest } from './contract/engine-run.js';
import { EngineRuns, validateEngineRunRequest } from './tasks/engine-runs.js';
import { type RunnableTask, TaskRunner } from './tasks/task-runner.js';
import { LegalHoldService } from './holds/legal-hold.service.js';
import { TASK_NAMES, type TaskCommandName, type TaskName, taskNamed } from './maintenance-tasks.js';
import type { MaintenanceStatus } from './status/maintenance-status.js';
import type { RunHistoryRequest } from './status/run-history-request.js';
import { RunHistoryService } from './status/run-history.service.js';
import type { RecordedRun, RunSummary } from './status/run-summary.js';
import { StatusService } from './status/status.service.js';
import { RunsSchema, type SchemaMigration } from './tasks/runs/runs-schema.js';
import { TotpCipher } from './totp-key-rotation/totp-cipher.js';
import type { TotpKeyRotationReport } from './totp-key-rotation/totp-key-rotation-report.js';
import type { TotpKeyRotationRequest } from './totp-key-rotation/totp-key-rotation-request.js';
import { TotpKeyRotationService } from './totp-key-rotation/totp-key-rotation.service.js';
import { TotpKeysTable } from './totp-key-rotation/totp-keys-table.js';
import { TotpRotationWarnings } from './totp-key-rotation/totp-rotation-warnings.js';
import { describeValue } from './validation/validation.js';

/** The call of each task, by its name. */
interface TaskCalls {
  readonly cleanup: (request?: CleanupRequest) => Promise<CleanupReport>;
  readonly 'agent-heartbeat': (request?: AgentHeartbeatRequest) => Promise<AgentHeartbeatReport>;
  readonly 'totp-key-rotation': (request?: TotpKeyRotationRequest) => Promise<TotpKeyRotationReport>;
  readonly 'dependency-scan': (request?: DependencyScanRequest) => Promise<DependencyScanReport>;
}

/**
 * Runs every maintenance task by hand: one method per task, and one for all of them. Where the database cannot be reached, each throws a
 * {@link MaintenanceError} `CONNECTION_FAILED` or `CONNECTION_LOST`, with the driver's own error as its `cause`.
 */
@Injectable()
export class TenxyteMaintenanceService {
  private readonly calls: TaskCalls = {
    cleanup: (request) => this.cleanup(request),
    'agent-heartbeat': (request) => this.checkAgentHeartbeats(request),
    'totp-key-rotation': (request) => this.rotateTotpKeys(request),
    'dependency-scan': (request) => this.scanDependencies(request),
  };

  private readonly runnables: Readonly<Record<TaskName, RunnableTask>>;

  public constructor(
    @Inject(CleanupService) private readonly cleanupService: CleanupService,
    @Inject(AgentHeartbeatService) private readonly agentHeartbeatService: AgentHeartbeatService,
    @Inject(TotpKeyRotationService) private readonly totpKeyRotationService: TotpKeyRotationService,
    @Inject(DependencyScanService) private readonly dependencyScanService: DependencyScanService,
    @Inject(DoctorService) private readonly doctorService: DoctorService,
    @Inject(RunsSchema) private readonly runsSchema: RunsSchema,
    @Inject(BacklogService) private readonly backlogService: BacklogService,
    @Inject(StatusService) private readonly statusService: StatusService,
    @Inject(RunHistoryService) private readonly historyService: RunHistoryService,
    @Inject(TaskControlService) private readonly control: TaskControlService,
    /** Places and releases legal holds. */
    @Inject(LegalHoldService) public readonly holds: LegalHoldService,
    @Inject(RetentionPolicyService) private readonly policyService: RetentionPolicyService,
    @Inject(EngineRuns) private readonly engineRuns: EngineRuns,
    @Inject(TaskRunner) private readonly tasks: TaskRunner,
  ) {
    this.runnables = {
      cleanup: cleanupService,
      'agent-heartbeat': agentHeartbeatService,
      'totp-key-rotation': totpKeyRotationService,
      'dependency-scan': dependencyScanService,
    };
  }

  /**
   * Runs a task by its name, or by that of its command, with the request and the report of the task's own method.
   *
   * @throws {MaintenanceConfigError} when there is no such task, or the request is invalid
   * @see the task's own method for the other errors
   */
  public async runTask<Name extends TaskName>(
    name: Name,
    request?: Parameters<TaskCalls[Name]>[0],
  ): Promise<Awaited<ReturnType<TaskCalls[Name]>>>;
  public async runTask(name: TaskName | TaskCommandName, request?: TaskRequest): Promise<TaskReport>;
  public async runTask(name: TaskName | TaskCommandName, request: TaskRequest = {}): Promise<TaskReport> {
    const task = taskNamed(name);
    if (task === undefined) {
      throw unknownTask('runTask', name);
    }
    // The call validates its request.
    return this.calls[task.name](request);
  }

  /**
   * Runs a task for a scheduler outside of the application, such as an endpoint that a cloud's scheduler calls: as {@link runTask}, but
   * recorded with the trigger `outside`, and as a run that was due.
   *
   * @param slot the time that it was scheduled for: it is run once, whoever starts it; where it was run already, the report is `skipped` with
   * the error `SLOT_TAKEN`. @default none: each call is a run of its own
   * @throws {MaintenanceConfigError} when there is no such task, or the request or the slot is invalid
   */
  public async runScheduled(
    name: TaskName | TaskCommandName,
    request: TaskRequest = {},
    slot?: Date,
  ): Promise<TaskReport> {
    if (slot !== undefined && !(slot instanceof Date && !Number.isNaN(slot.getTime()))) {
      const problem = { path: 'slot', received: describeValue(slot), accepted: 'a valid Date' };
      throw new MaintenanceConfigError('Invalid call of runScheduled()', [problem]);
    }
    return this.tasks.fromOutside(slot ?? null, () => this.runTask(name, request));
  }

  /**
   * Runs a task for the job of an engine, which may deliver it twice, late, or to two workers at once: the claim decides, and the answer says
   * what is to become of the job. It takes no request of the task's own: like a timer's, such a run goes by the options.
   *
   * @throws {MaintenanceConfigError} when there is no such task, or the request is invalid; whatever else is wrong, the answer says
   */
  public async runForEngine(name: TaskName | TaskCommandName, request: EngineRunRequest): Promise<EngineRun> {
    const task = taskNamed(name);
    if (task === undefined) {
      throw unknownTask('runForEngine', name);
    }
    return this.engineRuns.run(this.runnables[task.name], validateEngineRunRequest(request));
  }

  /**
   * Deletes expired and outdated security records, or counts them.
   *
   * @see {@link CleanupService.cleanup} for the errors
   */
  public async cleanup(request: CleanupRequest = {}): Promise<CleanupReport> {
    return orUnreachable(this.cleanupService.cleanup(request));
  }

  /**
   * Measures what a cleanup would have to do now: the due rows of each target, since when the oldest is due, the size of its table. Large
   * tables are estimated, unless the exact count is asked for.
   *
   * @see {@link BacklogService.measure} for the errors
   */
  public async backlog(request: BacklogRequest = {}): Promise<BacklogReport> {
    return orUnreachable(this.backlogService.measure(request));
  }

  /**
   * Tells which retention rule holds for a row with some properties, and which others match. Changes nothing.
   *
   * @see {@link RetentionPolicyService.explain} for the errors
   */
  public async explainRetention(question: RetentionQuestion): Promise<RetentionExplanation> {
    return orUnreachable(this.policyService.explain(question));
  }

  /**
   * Gives the whole retention policy in force, also as a Markdown document for whoever audits it. Changes nothing.
   *
   * @see {@link RetentionPolicyService.schedule} for the errors
   */
  public async retentionSchedule(): Promise<RetentionSchedule> {
    return orUnreachable(this.policyService.schedule());
  }

  /**
   * Suspends the AI agents whose heartbeats stopped, or says who they are.
   *
   * @see {@link AgentHeartbeatService.checkAgentHeartbeats} for the errors
   */
  public async checkAgentHeartbeats(request: AgentHeartbeatRequest = {}): Promise<AgentHeartbeatReport> {
    return orUnreachable(this.agentHeartbeatService.checkAgentHeartbeats(request));
  }

  /**
   * Brings every TOTP secret under the first key, or says what that would do.
   *
   * @see {@link TotpKeyRotationService.rotateTotpKeys} for the errors
   */
  public async rotateTotpKeys(request: TotpKeyRotationRequest = {}): Promise<TotpKeyRotationReport> {
    return orUnreachable(this.totpKeyRotationService.rotateTotpKeys(request));
  }

  /**
   * Reports known vulnerabilities of the packages that the host depends on.
   *
   * @see {@link DependencyScanService.scanDependencies} for the errors
   */
  public async scanDependencies(request: DependencyScanRequest = {}): Promise<DependencyScanReport> {
    return orUnreachable(this.dependencyScanService.scanDependencies(request));
  }

  /**
   * Says how every task stands, in the whole cluster: its schedule, its last run, its next one and its health. Changes nothing.
   *
   * @throws {MaintenanceError} `PERMISSION_DENIED`, saying what to grant, when the role may not read the tables of runs and schedules
   */
  public async status(): Promise<MaintenanceStatus> {
    return orUnreachable(this.statusService.status());
  }

  /**
   * Lists past runs, the latest first. Changes nothing.
   *
   * @throws {MaintenanceConfigError} when the request is invalid
   * @throws {MaintenanceError} `PERMISSION_DENIED`, saying what to grant, when the role may not read the table of runs
   */
  public async history(request: RunHistoryRequest = {}): Promise<RunSummary[]> {
    return orUnreachable(this.historyService.history(request));
  }

  /**
   * Gives one past run with its whole report. Changes nothing.
   *
   * @param id a UUID, or the beginning of one, of four characters or more, when no other run's begins so
   * @throws {MaintenanceConfigError} when it is no such text
   * @throws {MaintenanceError} `RUN_NOT_FOUND`, `RUN_AMBIGUOUS` when several ids begin so, or `PERMISSION_DENIED`
   */
  public async run(id: string): Promise<RecordedRun> {
    return orUnreachable(this.historyService.run(id));
  }

  /**
   * Asks a run to stop between two batches, whichever process it is at work in, and does not wait for that. Its report is `stopped` with
   * the error `CANCELLED`; what it committed stays. Who asked first stands.
   *
   * @param runId a UUID, or the beginning of one, of four characters or more, when no other run's begins so
   * @throws {MaintenanceConfigError} when the id or the request is invalid; nothing was changed
   * @throws {MaintenanceError} `RUN_NOT_FOUND`, `RUN_AMBIGUOUS`, `RUN_ENDED` when it is not at work, or `PERMISSION_DENIED`; nothing was
   * changed
   */
  public async cancel(runId: string, request: AttributedRequest = {}): Promise<CancelledRun> {
    return orUnreachable(this.control.cancel(runId, request));
  }

  /**
   * Pauses a task in the whole cluster: its slots are skipped, and runs by hand refused unless they are forced, until the pause ends. A run
   * that is at work goes on.
   *
   * @param task its name, or that of its command
   * @throws {MaintenanceConfigError} when there is no such task, the request is invalid, or `until` is over; nothing was changed
   * @throws {MaintenanceError} `ALREADY_PAUSED` or `PERMISSION_DENIED`; nothing was changed
   * @throws {RunsSchemaError} when there is no such schema and the role may not create it
   */
  public async pause(task: TaskName | TaskCommandName, request: PauseRequest): Promise<PausedTask> {
    return orUnreachable(this.control.pause(task, request));
  }

  /**
   * Ends the pause of a task: it runs again from its next slot on.
   *
   * @param task its name, or that of its command
   * @throws {MaintenanceConfigError} when there is no such task, or the request is invalid; nothing was changed
   * @throws {MaintenanceError} `NOT_PAUSED` or `PERMISSION_DENIED`; nothing was changed
   */
  public async resume(task: TaskName | TaskCommandName, request: AttributedRequest = {}): Promise<ResumedTask> {
    return orUnreachable(this.control.resume(task, request));
  }

  /** Checks whether the database is as the tasks need it, and says what to do where it is not. Changes nothing. */
  public async doctor(): Promise<DoctorReport> {
    return orUnreachable(this.doctorService.examine());
  }

  /**
   * Creates or updates the schema that this package owns, whatever the `migrations` option says; run again, it changes nothing.
   *
   * @throws {RunsSchemaError} when the role may not, saying what to grant
   */
  public async migrate(): Promise<SchemaMigration> {
    return orUnreachable(this.runsSchema.migrate());
  }
}

/** What keeps a call from the database, as an error of this package. */
async function orUnreachable<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    const code = reportedCode(error);
    if (error instanceof MaintenanceError || !(code in UNREACHABLE)) {
      throw error;
    }
    throw new MaintenanceError(code, `${UNREACHABLE[code]}: ${errorMessage(error)}`, { cause: error });
  }
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  CONNECTION_FAILED: 'The database could not be reached',
  CONNECTION_LOST: 'The connection to the database was lost',
};

/** The tasks' services, which a host may inject. */
export const TASK_SERVICES = [
  CleanupService,
  AgentHeartbeatService,
  TotpKeyRotationService,
  DependencyScanService,
  TotpCipher,
  BacklogService,
  RetentionPolicyService,
] as const;

/** The providers that the tasks need beside their services. */
export const TASK_PROVIDERS: readonly Provider[] = [
  BacklogAlarm,
  BacklogGauges,
  CleanupRunner,
  CleanupTables,
  FallingBehindWatch,
  StartupGrace,
  TotpKeysTable,
  TotpRotationWarnings,
];

function unknownTask(call: string, name: unknown): MaintenanceConfigError {
  const accepted = `one of ${TASK_NAMES.join(', ')}`;
  return new MaintenanceConfigError(`Invalid call of ${call}()`, [
    { path: 'name', received: describeValue(name), accepted },
  ]);
}
