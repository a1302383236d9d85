import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CleanupRunner } from './cleanup/cleanup-runner.js';
import { CleanupService } from './cleanup/cleanup.service.js';
import { DatabaseClock } from './database/database-clock.js';
import { DEFAULT_DOCTOR_THRESHOLDS, DOCTOR_THRESHOLDS } from './doctor/doctor-thresholds.js';
import { DoctorService } from './doctor/doctor.service.js';
import { MAINTENANCE_OPTIONS } from './options/maintenance-options.js';
import { resolveMaintenanceOptions } from './options/maintenance-options.schema.js';
import { RetentionService } from './retention/retention.service.js';
import type { ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } from './tenxyte-maintenance.module-definition.js';
import { ConfigurableModuleClass, RAW_OPTIONS } from './tenxyte-maintenance.module-definition.js';
import { TenxyteMaintenanceService } from './tenxyte-maintenance.service.js';

const SERVICES = [TenxyteMaintenanceService, CleanupService, DoctorService, RetentionService];

/** Keeps a Tenxyte authentication database on PostgreSQL healthy. */
@Module({
  providers: [
    ...SERVICES,
    CleanupRunner,
    DatabaseClock,
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
