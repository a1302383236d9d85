import 'reflect-metadata';

export { TenxyteMaintenanceModule } from './tenxyte-maintenance.module.js';
export type { TenxyteMaintenanceModuleExtras } from './tenxyte-maintenance.module-definition.js';
export { TenxyteMaintenanceService } from './tenxyte-maintenance.service.js';

export type { TenxyteMaintenanceOptions } from './options/maintenance-options.js';
export type { CleanupSettings } from './cleanup/cleanup-settings.js';
export type { RetentionOption, RetentionPolicy } from './retention/retention-policy.js';
export type { CompleteRetentionRule, RetentionRule, RuledTargetName } from './retention/retention-rule.js';
export { RetentionProvider } from './retention/retention-provider.js';
export type { RetentionContract, RetentionSource } from './retention/retention-provider-source.js';
export { StaticRetentionProvider } from './retention/retention-provider.js';
export type { RetentionBounds, RetentionWindow } from './retention/retention-bounds.js';
export { RetentionService } from './retention/retention.service.js';

export { CleanupService } from './cleanup/cleanup.service.js';
export type { CleanupBrake } from './cleanup/limits/brake.js';
export type { CleanupProgress, CleanupProgressListener } from './cleanup/cleanup-request.js';
export type { CleanupReport, CleanupTargetReport, SkipReason } from './cleanup/cleanup-report.js';
export type { CleanupRuleReport, RuleInForce } from './cleanup/rule-report.js';
export type { CleanupRequest } from './cleanup/cleanup-request.js';
export type { RetentionDecider, RetentionExplanation } from './cleanup/policy/explain-retention.js';
export { RetentionPolicyService } from './cleanup/policy/retention-policy.service.js';
export type { RetentionQuestion } from './cleanup/policy/retention-question.js';
export type { RetentionSchedule, ScheduledTarget } from './cleanup/policy/retention-schedule.js';
export type { BrakeLimits } from './cleanup/limits/brake.js';
export { BacklogService } from './cleanup/backlog/backlog.service.js';
export type { BacklogReport, TargetBacklog } from './cleanup/backlog/backlog-report.js';
export type { BacklogRequest } from './cleanup/backlog/backlog-request.js';
export type { DeletionStrategy } from './cleanup/cleanup-report.js';
export { CLEANUP_TARGET_NAMES, OPT_IN_TARGET_NAMES } from './cleanup/targets/cleanup-targets.js';
export type { CleanedTargetName, CleanupTargetName, OptInTargetName } from './cleanup/targets/cleanup-targets.js';
export type { TargetDimensions } from './holds/hold-dimensions.js';
export { defineOwnTarget as defineCleanupTarget } from './cleanup/targets/own-target.js';
export type { OwnCleanupTarget, OwnDueCondition } from './cleanup/targets/own-target.js';
export type { ReportedError, TaskReport, TaskStatus } from './contract/task-report.js';
export { MAINTENANCE_TASKS } from './maintenance-tasks.js';
export type {
  MaintenanceEvent,
  MaintenanceEventMap,
  MaintenanceEventName,
  ScheduleSettings,
  TaskCommandName,
  TaskName,
} from './maintenance-tasks.js';
export type { AttributedRequest, Attribution } from './contract/attribution.js';
export type { PartProgress, ProgressSnapshot } from './contract/progress-snapshot.js';
export type { TaskPause } from './contract/task-pause.js';
export type { MaintenanceTask } from './contract/maintenance-task.js';
export type { CoordinationSettings } from './tasks/coordination-settings.js';
export type { ExpectedRuns, MissedRuns } from './tasks/schedule/schedule-settings.js';
export type { EngineJob, EngineRun, EngineRunRequest, EngineVerdict } from './contract/engine-run.js';
export type { RunStatus, RunTrigger } from './contract/run-record.js';
export type { SchemaMigration } from './tasks/runs/runs-schema.js';
export type { MigrationClass } from './tasks/runs/runs-migrations.js';
export { maintenanceMigrations } from './tasks/runs/runs-migrations.js';
export { WallClock } from './tasks/clocks.js';

export type {
  RunEvent,
  RunFailedEvent,
  RunFinishedEvent,
  RunSkippedEvent,
  RunStartedEvent,
} from './contract/run-events.js';
export type { FallingBehindEvent } from './cleanup/backlog/backlog.events.js';
export type { AgentSuspendedEvent, MassSuspensionEvent } from './agent-heartbeat/agent-heartbeat.events.js';
export type { SecretUndecryptableEvent, TotpKeyTooOldEvent } from './totp-key-rotation/totp-key-rotation.events.js';
export type { VulnerabilityFoundEvent } from './dependency-scan/dependency-scan.events.js';
export type { LogFormat } from './telemetry/maintenance-log.js';

export type { PingSettings } from './tasks/ping/ping-settings.js';
export type { HealthSettings } from './status/health-settings.js';
export type {
  BacklogHealthDetail,
  ClockHealthDetail,
  MaintenanceHealth,
  MaintenanceHealthOptions,
  MaintenanceHealthResult,
  TaskHealthDetail,
} from './health/maintenance-health.js';
export { TenxyteMaintenanceHealthIndicator } from './health/tenxyte-maintenance.health-indicator.js';
export type {
  MaintenanceStatus,
  RunningRun,
  TaskHealth,
  TaskSchedule,
  TaskState,
} from './status/maintenance-status.js';
export type { PauseRequest } from './control/control-requests.js';
export type { CancelledRun, PausedTask, ResumedTask } from './control/task-control.service.js';
export type { RunHistoryRequest } from './status/run-history-request.js';
export type { RecordedRun, RunSummary } from './status/run-summary.js';
export type { ScheduledBy } from './tasks/schedule/run-schedule.js';
export type { ScheduleSource } from './tasks/schedule/schedule-in-force.js';

export { AgentHeartbeatService } from './agent-heartbeat/agent-heartbeat.service.js';
export type { AgentHeartbeatReport, OverdueAgent } from './agent-heartbeat/agent-heartbeat-report.js';
export type { AgentHeartbeatRequest } from './agent-heartbeat/agent-heartbeat-request.js';
export type { AgentHeartbeatSettings, MassSuspensionBrake } from './agent-heartbeat/agent-heartbeat-settings.js';

export { TotpCipher } from './totp-key-rotation/totp-cipher.js';
export { TotpKeyRotationService } from './totp-key-rotation/totp-key-rotation.service.js';
export type { TotpKeyRotationReport } from './totp-key-rotation/totp-key-rotation-report.js';
export type { TotpKeyRotationRequest } from './totp-key-rotation/totp-key-rotation-request.js';
export type {
  TotpRotationProgress,
  TotpRotationProgressListener,
} from './totp-key-rotation/totp-key-rotation-request.js';
export type { TotpRotationMode, TotpSettings } from './totp-key-rotation/totp-settings.js';
export { DependencyScanService } from './dependency-scan/dependency-scan.service.js';
export type {
  AllowedVulnerability,
  DependencyScanReport,
  PackageManagerName,
  ScanVerdict,
  SeverityCounts,
  Vulnerability,
} from './dependency-scan/dependency-scan-report.js';
export type { DependencyScanRequest } from './dependency-scan/dependency-scan-request.js';
export type { AllowedAdvisory, DependencyScanSettings } from './dependency-scan/dependency-scan-settings.js';
export type { ScanLevel, Severity } from './dependency-scan/severity.js';

export { DoctorService } from './doctor/doctor.service.js';
export type { DoctorCheck, DoctorCheckName, DoctorLevel, DoctorReport } from './doctor/doctor-report.js';

export { DatabaseClock } from './database/database-clock.js';
export type { Instant } from './database/instant.js';
export { TENXYTE_ENTITIES } from './tenxyte/tenxyte-entities.js';
export type { EntityReplacements, TenxyteEntityName } from './tenxyte/tenxyte-entities.js';
export { TenxyteAgentPendingAction } from './tenxyte/entities/agent-pending-action.entity.js';
export { TenxyteAgentToken } from './tenxyte/entities/agent-token.entity.js';
export { TenxyteAuditLog } from './tenxyte/entities/audit-log.entity.js';
export { TenxyteBlacklistedToken } from './tenxyte/entities/blacklisted-token.entity.js';
export { TenxyteLoginAttempt } from './tenxyte/entities/login-attempt.entity.js';
export { TenxyteMagicLinkToken } from './tenxyte/entities/magic-link-token.entity.js';
export { TenxyteOrganizationInvitation } from './tenxyte/entities/organization-invitation.entity.js';
export { TenxyteOrganizationMembership } from './tenxyte/entities/organization-membership.entity.js';
export { TenxyteOtpCode } from './tenxyte/entities/otp-code.entity.js';
export { TenxyteRefreshToken } from './tenxyte/entities/refresh-token.entity.js';
export { TenxyteUser } from './tenxyte/entities/user.entity.js';
export { TenxyteWebauthnChallenge } from './tenxyte/entities/webauthn-challenge.entity.js';
export { TENXYTE_TABLE_MIGRATIONS } from './tenxyte/migrations/tenxyte-table-migrations.js';

export { MaintenanceError } from './errors/maintenance.error.js';
export { RunInterruptedError } from './errors/run-interrupted.error.js';
export type { PolicyDifference } from './errors/policy-differs.error.js';
export { PolicyDiffersError } from './errors/policy-differs.error.js';
export type { ConfigProblem } from './errors/maintenance-config.error.js';
export { MaintenanceConfigError } from './errors/maintenance-config.error.js';
export { ReadOnlyDatabaseError } from './errors/read-only-database.error.js';
export { RetentionBoundsError } from './errors/retention-bounds.error.js';
export { RetentionProviderError } from './errors/retention-provider.error.js';
export { RunsSchemaError } from './errors/runs-schema.error.js';
export { ShuttingDownError } from './errors/shutting-down.error.js';
export { TablesNotFoundError } from './errors/tables-not-found.error.js';
export { TotpDecryptionError } from './errors/totp-decryption.error.js';
export { UnsupportedServerError } from './errors/unsupported-server.error.js';

export { LegalHoldService } from './holds/legal-hold.service.js';
export type { HeldRow } from './holds/hold-requests.js';
export type { HoldSettings } from './holds/hold-settings.js';
export type { RunCancelRequestedEvent, TaskPausedEvent, TaskResumedEvent } from './contract/control-events.js';
export type { HoldPlacedEvent, HoldReleasedEvent } from './holds/hold.events.js';
export type {
  HoldEvent,
  HoldPlacement,
  HoldRelease,
  HoldScope,
  HoldsSummary,
  HoldStatus,
  LegalHold,
  LegalHoldDetails,
} from './holds/legal-hold.js';
export type { HoldBlocker } from './errors/hold.errors.js';
export { HoldInProgressError, HoldNotFoundError, HoldNotPlacedError, HoldReleasedError } from './errors/hold.errors.js';
