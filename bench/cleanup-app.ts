import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { CleanupReport, CleanupRequest, TenxyteMaintenanceOptions } from '../src/index.js';
import { TenxyteMaintenanceModule, TenxyteMaintenanceService } from '../src/index.js';

/** The module in a Nest application, as a host runs it, with default options. */
export interface CleanupApp {
  cleanup(request?: CleanupRequest): Promise<CleanupReport>;
  close(): Promise<void>;
}

/** Boots it on a database. @param options beside manual runs alone */
export async function cleanupApp(url: string, options: TenxyteMaintenanceOptions = {}): Promise<CleanupApp> {
  const root = {
    module: class BenchModule {},
    imports: [
      TypeOrmModule.forRoot({ type: 'postgres', url, autoLoadEntities: true }),
      TenxyteMaintenanceModule.forRoot({ ...options, schedule: { cleanup: false, agentHeartbeat: false } }),
    ],
  };
  const context = await NestFactory.createApplicationContext(root, { logger: ['error', 'warn'] });
  const maintenance = context.get(TenxyteMaintenanceService);
  return { cleanup: (request) => maintenance.cleanup(request), close: () => context.close() };
}
