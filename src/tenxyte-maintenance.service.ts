import { Inject, Injectable } from '@nestjs/common';
import type { AgentHeartbeatReport } from './agent-heartbeat/agent-heartbeat-report.js';
import type { AgentHeartbeatRequest } from './agent-heartbeat/agent-heartbeat-request.js';
import { AgentHeartbeatService } from './agent-heartbeat/agent-heartbeat.service.js';
import type { BacklogReport } from './cleanup/backlog/backlog-report.js';
import type { BacklogRequest } from './cleanup/backlog/backlog-request.js';
import { BacklogService } from './cleanup/backlog/backlog.service.js';
import type { CleanupReport } from './cleanup/cleanup-report.js';
import type { CleanupRequest } from './cleanup/cleanup-request.js';
import { CleanupService } from './cleanup/cleanup.service.js';
import type { DependencyScanReport } from './dependency-scan/dependency-scan-report.js';
import type { DependencyScanRequest } from './dependency-scan/dependency-scan-request.js';
import { DependencyScanService } from './dependency-scan/dependency-scan.service.js';
import type { DoctorReport } from './doctor/doctor-report.js';
import { DoctorService } from './doctor/doctor.service.js';
import type { MaintenanceStatus } from './status/maintenance-status.js';
import type { RunHistoryRequest } from './status/run-history-request.js';
import { RunHistoryService } from './status/run-history.service.js';
import type { RecordedRun, RunSummary } from './status/run-summary.js';
import { StatusService } from './status/status.service.js';
import { RunsSchema, type SchemaMigration } from './tasks/runs/runs-schema.js';
import type { TotpKeyRotationReport } from './totp-key-rotation/totp-key-rotation-report.js';
import type { TotpKeyRotationRequest } from './totp-key-rotation/totp-key-rotation-request.js';
import { TotpKeyRotationService } from './totp-key-rotation/totp-key-rotation.service.js';

/** Runs every maintenance task by hand: one method per task. */
@Injectable()
export class TenxyteMaintenanceService {
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
  ) {}

  /**
   * Deletes expired and outdated security records, or counts them.
   *
   * @see {@link CleanupService.cleanup} for the errors
   */
  public async cleanup(request: CleanupRequest = {}): Promise<CleanupReport> {
    return this.cleanupService.cleanup(request);
  }

  /**
   * Measures what a cleanup would have to do now: the due rows of each target, since when the oldest is due, the size of its table. Large tables
   * are estimated, unless the exact count is asked for.
   *
   * @see {@link BacklogService.measure} for the errors
   */
  public async backlog(request: BacklogRequest = {}): Promise<BacklogReport> {
    return this.backlogService.measure(request);
  }

  /**
   * Suspends the AI agents whose heartbeats stopped, or says who they are.
   *
   * @see {@link AgentHeartbeatService.checkAgentHeartbeats} for the errors
   */
  public async checkAgentHeartbeats(request: AgentHeartbeatRequest = {}): Promise<AgentHeartbeatReport> {
    return this.agentHeartbeatService.checkAgentHeartbeats(request);
  }

  /**
   * Brings every TOTP secret under the first key, or says what that would do.
   *
   * @see {@link TotpKeyRotationService.rotateTotpKeys} for the errors
   */
  public async rotateTotpKeys(request: TotpKeyRotationRequest = {}): Promise<TotpKeyRotationReport> {
    return this.totpKeyRotationService.rotateTotpKeys(request);
  }

  /**
   * Reports known vulnerabilities of the packages that the host stands on.
   *
   * @see {@link DependencyScanService.scanDependencies} for the errors
   */
  public async scanDependencies(request: DependencyScanRequest = {}): Promise<DependencyScanReport> {
    return this.dependencyScanService.scanDependencies(request);
  }

  /**
   * Says how every task stands, in the whole cluster: its schedule, its last run, its next one and its health. Changes nothing.
   *
   * @throws {MaintenanceError} `PERMISSION_DENIED`, saying what to grant, when the role may not read the tables of runs and schedules
   */
  public async status(): Promise<MaintenanceStatus> {
    return this.statusService.status();
  }

  /**
   * Lists past runs, the latest first. Changes nothing.
   *
   * @throws {MaintenanceConfigError} when the request is invalid
   * @throws {MaintenanceError} `PERMISSION_DENIED`, saying what to grant, when the role may not read the table of runs
   */
  public async history(request: RunHistoryRequest = {}): Promise<RunSummary[]> {
    return this.historyService.history(request);
  }

  /**
   * Gives one past run with its whole report. Changes nothing.
   *
   * @param id a UUID, or the beginning of one, of four characters or more, when no other run's begins so
   * @throws {MaintenanceConfigError} when it is no such text
   * @throws {MaintenanceError} `RUN_NOT_FOUND`, `RUN_AMBIGUOUS` when several ids begin so, or `PERMISSION_DENIED`
   */
  public async run(id: string): Promise<RecordedRun> {
    return this.historyService.run(id);
  }

  /** Checks whether the database is as the tasks need it, and says what to do where it is not. Changes nothing. */
  public async doctor(): Promise<DoctorReport> {
    return this.doctorService.examine();
  }

  /**
   * Creates or updates the schema that this package owns, whatever the `migrations` option says; run again, it changes nothing.
   *
   * @throws {RunsSchemaError} when the role may not, saying what to grant
   */
  public async migrate(): Promise<SchemaMigration> {
    return this.runsSchema.migrate();
  }
}
