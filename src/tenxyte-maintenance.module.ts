import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgentHeartbeatRunner } from './agent-heartbeat/agent-heartbeat-runner.js';
import { AgentHeartbeatService } from './agent-heartbeat/agent-heartbeat.service.js';
import { StartupGrace } from './agent-heartbeat/startup-grace.js';
import { BacklogAlarm } from './cleanup/backlog/backlog-alarm.js';
import { BacklogService } from './cleanup/backlog/backlog.service.js';
import { CleanupRunner } from './cleanup/cleanup-runner.js';
import { CleanupTables } from './cleanup/cleanup-tables.js';
import { CleanupService } from './cleanup/cleanup.service.js';
import { RUN_ENVIRONMENT, type RunEnvironment } from './contract/run-environment.js';
import { DatabaseClock } from './database/database-clock.js';
import { DependencyScanService } from './dependency-scan/dependency-scan.service.js';
import { DEFAULT_DOCTOR_THRESHOLDS, DOCTOR_THRESHOLDS } from './doctor/doctor-thresholds.js';
import { DoctorService } from './doctor/doctor.service.js';
import { OperationExamination } from './doctor/operation-examination.js';
import { TenxyteMaintenanceHealthIndicator } from './health/tenxyte-maintenance.health-indicator.js';
import { OBSERVABILITY } from './observability-providers.js';
import { MAINTENANCE_OPTIONS } from './options/maintenance-options.js';
import { resolveMaintenanceOptions } from './options/maintenance-options.schema.js';
import { RetentionService } from './retention/retention.service.js';
import { ActiveRuns } from './tasks/active-runs.js';
import { RunTime, Uptime, WallClock } from './tasks/clocks.js';
import { RunRecorder } from './tasks/runs/run-recorder.js';
import { RunsSchema, RunsSchemaBootstrap } from './tasks/runs/runs-schema.js';
import { RunsTable } from './tasks/runs/runs-table.js';
import { JobRegistryModule } from './tasks/schedule/job-registry.js';
import { ScheduledRuns } from './tasks/schedule/scheduled-runs.js';
import { SchedulesTable } from './tasks/schedule/schedules-table.js';
import { TaskScheduler } from './tasks/schedule/task-scheduler.js';
import { TaskRunner } from './tasks/task-runner.js';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  type OPTIONS_TYPE,
  RAW_OPTIONS,
} from './tenxyte-maintenance.module-definition.js';
import { TenxyteMaintenanceService } from './tenxyte-maintenance.service.js';
import { TenxyteTables } from './tenxyte/tenxyte-tables.js';
import { TotpCipher } from './totp-key-rotation/totp-cipher.js';
import { TotpKeyRotationService } from './totp-key-rotation/totp-key-rotation.service.js';
import { TotpKeysTable } from './totp-key-rotation/totp-keys-table.js';
import { TotpRotationRunner } from './totp-key-rotation/totp-rotation-runner.js';
import { TotpRotationWarnings } from './totp-key-rotation/totp-rotation-warnings.js';

const SERVICES = [
  TenxyteMaintenanceService,
  CleanupService,
  AgentHeartbeatService,
  TotpKeyRotationService,
  DoctorService,
  RetentionService,
  TotpCipher,
  DependencyScanService,
  BacklogService,
  TenxyteMaintenanceHealthIndicator,
];

const COORDINATION = [
  ActiveRuns,
  RunRecorder,
  RunsSchema,
  RunsSchemaBootstrap,
  RunsTable,
  RunTime,
  ScheduledRuns,
  SchedulesTable,
  TaskRunner,
  TaskScheduler,
  Uptime,
  WallClock,
];

const ENVIRONMENT: RunEnvironment = 'application';

/** Keeps a Tenxyte authentication database on PostgreSQL healthy. */
@Module({
  imports: [JobRegistryModule],
  providers: [
    ...SERVICES,
    ...COORDINATION,
    ...OBSERVABILITY,
    AgentHeartbeatRunner,
    BacklogAlarm,
    CleanupRunner,
    CleanupTables,
    DatabaseClock,
    OperationExamination,
    StartupGrace,
    TenxyteTables,
    TotpKeysTable,
    TotpRotationRunner,
    TotpRotationWarnings,
    { provide: RUN_ENVIRONMENT, useValue: ENVIRONMENT },
    { provide: DOCTOR_THRESHOLDS, useValue: DEFAULT_DOCTOR_THRESHOLDS },
    { provide: MAINTENANCE_OPTIONS, inject: [RAW_OPTIONS], useFactory: resolveMaintenanceOptions },
  ],
  exports: [...SERVICES, TypeOrmModule],
})
export class TenxyteMaintenanceModule extends ConfigurableModuleClass {
  /**
   * Mounts the module with plain options; with none at all, every default holds.
   *
   * @throws {MaintenanceConfigError} at start-up, listing every problem of the options
   */
  public static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * Mounts the module with options that `useFactory`, `useClass` or `useExisting` gives. A class implements
   * `createTenxyteMaintenanceOptions()`. `dataSource`, `entities`, `imports` and `isGlobal` stand beside them.
   *
   * @throws {MaintenanceConfigError} at start-up, listing every problem of the options
   */
  public static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return super.forRootAsync(options);
  }
}
