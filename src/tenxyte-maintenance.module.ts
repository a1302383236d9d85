import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BATCH_OPENING } from './batches/batch-opening.js';
import { BACKLOG_GAUGE_SOURCE } from './cleanup/backlog/backlog-gauges.js';
import { BacklogService } from './cleanup/backlog/backlog.service.js';
import { CLEANUP_SETTINGS } from './cleanup/cleanup-settings.js';
import { CleanupTables, heldTargets } from './cleanup/cleanup-tables.js';
import { RUN_ENVIRONMENT_PROVIDERS } from './contract/run-environment.js';
import { TaskControlService } from './control/task-control.service.js';
import { DatabaseClock } from './database/database-clock.js';
import { DEFAULT_DOCTOR_THRESHOLDS, DOCTOR_THRESHOLDS } from './doctor/doctor-thresholds.js';
import { DoctorService } from './doctor/doctor.service.js';
import { HoldExamination } from './doctor/hold-examination.js';
import { OperationExamination } from './doctor/operation-examination.js';
import { BACKLOG_METER, BacklogCache } from './health/backlog-cache.js';
import { TenxyteMaintenanceHealthIndicator } from './health/tenxyte-maintenance.health-indicator.js';
import {
  INVALID_OPTIONS,
  MAINTENANCE_OPTIONS,
  OPTION_NAMES,
  resolveMaintenanceOptions,
  SETTINGS_PROVIDERS,
  type TenxyteMaintenanceOptions,
} from './options/maintenance-options.js';
import { HELD_TARGETS, HoldPlanner } from './holds/hold-planner.js';
import { HoldsTable } from './holds/holds-table.js';
import { LegalHoldService } from './holds/legal-hold.service.js';
import { RetentionService } from './retention/retention.service.js';
import { RunHistoryService } from './status/run-history.service.js';
import { RunRecords } from './status/run-records.js';
import { StatusService } from './status/status.service.js';
import { TaskEvaluator } from './status/task-evaluator.js';
import { COORDINATION_PROVIDERS } from './tasks/coordination-providers.js';
import { JobRegistryModule } from './tasks/schedule/job-registry.js';
import { GIVEN_SCHEDULE } from './tasks/schedule/schedule-settings.js';
import { TELEMETRY_PROVIDERS } from './telemetry/telemetry-providers.js';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  EXTRA_NAMES,
  type OPTIONS_TYPE,
  RAW_OPTIONS,
} from './tenxyte-maintenance.module-definition.js';
import { TASK_PROVIDERS, TASK_SERVICES, TenxyteMaintenanceService } from './tenxyte-maintenance.service.js';
import { EntityMapping } from './tenxyte/entity-mapping.js';
import { TenxyteTables } from './tenxyte/tenxyte-tables.js';
import { withoutPrototype } from './validation/own-properties.js';
import { assertNoProblems, inheritedProblems } from './validation/validation.js';

const SERVICES = [
  TenxyteMaintenanceService,
  ...TASK_SERVICES,
  DoctorService,
  LegalHoldService,
  RetentionService,
  TenxyteMaintenanceHealthIndicator,
];

/** Keeps a Tenxyte authentication database on PostgreSQL healthy. */
@Module({
  imports: [JobRegistryModule],
  providers: [
    ...SERVICES,
    ...TASK_PROVIDERS,
    ...COORDINATION_PROVIDERS,
    ...TELEMETRY_PROVIDERS,
    ...SETTINGS_PROVIDERS,
    ...RUN_ENVIRONMENT_PROVIDERS,
    BacklogCache,
    DatabaseClock,
    EntityMapping,
    HoldExamination,
    HoldPlanner,
    HoldsTable,
    OperationExamination,
    RunHistoryService,
    RunRecords,
    StatusService,
    TaskControlService,
    TaskEvaluator,
    TenxyteTables,
    { provide: BACKLOG_METER, useExisting: BacklogService },
    { provide: BACKLOG_GAUGE_SOURCE, useExisting: BacklogService },
    { provide: BATCH_OPENING, useValue: [] },
    { provide: HELD_TARGETS, inject: [CleanupTables, CLEANUP_SETTINGS], useFactory: heldTargets },
    { provide: DOCTOR_THRESHOLDS, useValue: DEFAULT_DOCTOR_THRESHOLDS },
    { provide: MAINTENANCE_OPTIONS, inject: [RAW_OPTIONS], useFactory: resolveMaintenanceOptions },
    {
      provide: GIVEN_SCHEDULE,
      inject: [RAW_OPTIONS],
      useFactory: (options: TenxyteMaintenanceOptions = {}) => withoutPrototype(options).schedule,
    },
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
    assertNothingInherited(options, OPTION_NAMES);
    return super.forRoot(options);
  }

  /**
   * Mounts the module with options that `useFactory`, `useClass` or `useExisting` gives. A class implements
   * `createTenxyteMaintenanceOptions()`. `dataSource`, `entities`, `imports` and `isGlobal` stand beside them.
   *
   * @throws {MaintenanceConfigError} at start-up, listing every problem of the options
   */
  public static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    assertNothingInherited(options, ASYNC_NAMES);
    return super.forRootAsync(withoutPrototype(options));
  }
}

const ASYNC_NAMES = ['useFactory', 'useClass', 'useExisting', 'inject', 'provideInjectionTokensFrom'];

/** Nest copies own properties alone. */
function assertNothingInherited(options: object, names: readonly string[]): void {
  assertNoProblems(INVALID_OPTIONS, inheritedProblems(options, [...names, ...EXTRA_NAMES]));
}
