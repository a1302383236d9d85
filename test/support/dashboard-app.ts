import type { CanActivate, INestApplication, NestApplicationOptions } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { type DashboardOptions, TenxyteMaintenanceDashboardModule } from '../../src/dashboard/index.js';
import {
  TenxyteMaintenanceModule,
  type TenxyteMaintenanceOptions,
  TenxyteMaintenanceService,
} from '../../src/index.js';

/** The servers that Nest runs on. */
export const ADAPTERS = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() } as const;

/** How to serve the dashboard in a test. */
export interface DashboardAppSetup {
  readonly adapter?: keyof typeof ADAPTERS;
  readonly dashboard?: Partial<DashboardOptions>;
  readonly options?: TenxyteMaintenanceOptions;
  readonly nest?: NestApplicationOptions;
  readonly configure?: (app: INestApplication) => unknown;
  /** Where it is below the server's root, such as `api/maintenance`. @default 'maintenance' */
  readonly place?: string;
}

/** An application that serves the dashboard on loopback. */
export interface DashboardApp {
  readonly app: INestApplication;
  readonly maintenance: TenxyteMaintenanceService;
  /** With a slash at the end. */
  readonly base: string;
  close(): Promise<void>;
}

/** Lets everybody in. */
export const OPEN: CanActivate = { canActivate: () => true };

/** Boots it on a database. */
export async function dashboardApp(url: string, setup: DashboardAppSetup = {}): Promise<DashboardApp> {
  const { adapter = 'express', dashboard = {}, options = {}, nest = {}, configure, place = 'maintenance' } = setup;

  @Module({
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true, retryAttempts: 0 }),
      TenxyteMaintenanceModule.forRoot(options),
      TenxyteMaintenanceDashboardModule.forRoot({ guards: [OPEN], ...dashboard }),
    ],
  })
  class HostModule {}

  const app = await NestFactory.create(HostModule, ADAPTERS[adapter](), { logger: false, ...nest });
  configure?.(app);
  await app.listen(0, '127.0.0.1');
  return {
    app,
    maintenance: app.get(TenxyteMaintenanceService),
    base: `${(await app.getUrl()).replace('[::1]', '127.0.0.1')}/${place}/`,
    close: () => app.close(),
  };
}
