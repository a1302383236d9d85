import type { LoggerService } from '@nestjs/common';
import type { TestingModule, TestingModuleBuilder } from '@nestjs/testing';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DatabaseClock, TenxyteMaintenanceModule, TenxyteMaintenanceService } from '../../src/index.js';
import type { Instant } from '../../src/index.js';

/** A Nest application context with the module mounted. */
export interface MaintenanceApp {
  readonly moduleRef: TestingModule;
  readonly maintenance: TenxyteMaintenanceService;
  close(): Promise<void>;
}

/** How to mount the module in a test. */
export interface MaintenanceAppOptions {
  readonly options?: Parameters<typeof TenxyteMaintenanceModule.forRoot>[0];
  /** The database's clock, stopped at this instant. */
  readonly runAt?: Instant;
  readonly typeOrm?: Partial<TypeOrmModuleOptions>;
  /** Where log lines go. @default nowhere */
  readonly logger?: LoggerService;
  readonly configure?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
}

/** Boots the module on a database. */
export async function maintenanceApp(url: string, setup: MaintenanceAppOptions = {}): Promise<MaintenanceApp> {
  const { options, runAt, typeOrm = {}, logger = SILENT, configure = (builder) => builder } = setup;
  let builder = Test.createTestingModule({
    imports: [
      TypeOrmModule.forRoot({
        type: 'postgres',
        url,
        autoLoadEntities: true,
        retryAttempts: 0,
        ...typeOrm,
      } as TypeOrmModuleOptions),
      TenxyteMaintenanceModule.forRoot(options),
    ],
  }).setLogger(logger);
  if (runAt !== undefined) {
    builder = builder.overrideProvider(DatabaseClock).useValue({ now: async () => runAt });
  }
  const moduleRef = await configure(builder).compile();
  await moduleRef.init();
  return { moduleRef, maintenance: moduleRef.get(TenxyteMaintenanceService), close: () => moduleRef.close() };
}

/** Keeps the module's log lines out of the test output. */
const SILENT: LoggerService = { log: () => undefined, warn: () => undefined, error: () => undefined };
