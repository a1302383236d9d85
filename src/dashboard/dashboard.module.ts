import { type DynamicModule, Module } from '@nestjs/common';
import { dashboardController } from './dashboard.controller.js';
import { completeDashboardOptions, DASHBOARD_OPTIONS, type DashboardOptions } from './dashboard-options.js';
import { DashboardService } from './dashboard.service.js';
import { LiveStreams } from './live-streams.js';

/**
 * Pages to see how the tasks fare, to run, stop and pause them, and to place legal holds, on the host's own server, whose guards decide who
 * comes in. Import it beside `TenxyteMaintenanceModule`, in an application on Express or Fastify.
 */
@Module({})
export class TenxyteMaintenanceDashboardModule {
  /** @throws {MaintenanceConfigError} listing every problem, such as that no guards are given */
  public static forRoot(options: DashboardOptions): DynamicModule {
    const complete = completeDashboardOptions(options);
    return {
      module: TenxyteMaintenanceDashboardModule,
      imports: complete.imports ?? [],
      controllers: [dashboardController(complete)],
      providers: [{ provide: DASHBOARD_OPTIONS, useValue: complete }, DashboardService, LiveStreams],
    };
  }
}
