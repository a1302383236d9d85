import type { DynamicModule, INestApplicationContext, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { RUN_ENVIRONMENT, type RunEnvironment } from '../../contract/run-environment.js';
import { errorMessage } from '../../errors/error-message.js';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import { withinTimeout } from '../../database/within-timeout.js';
import { TenxyteMaintenanceModule } from '../../tenxyte-maintenance.module.js';
import { TenxyteMaintenanceService } from '../../tenxyte-maintenance.service.js';
import type { CommandLineConfig } from './config-file.js';

const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** Everything that the Nest application context is booted with. */
interface MaintenanceContext {
  readonly url: string;
  readonly config: CommandLineConfig;
  readonly logger: LoggerService;
  /** Milliseconds to wait for a connection. @default 10000 */
  readonly connectTimeoutMs?: number;
}

/**
 * Boots the module on a database, lets `work` use its service and closes everything again, whatever happens.
 *
 * @throws {ConnectionError} when the database cannot be reached
 */
export async function withMaintenance<Result>(
  context: MaintenanceContext,
  work: (maintenance: TenxyteMaintenanceService) => Promise<Result>,
): Promise<Result> {
  const application = await boot(context);
  try {
    return await work(application.get(TenxyteMaintenanceService));
  } finally {
    // Connections that are silent are not waited for.
    await withinTimeout(application.close(), CLOSE_TIMEOUT_MS);
  }
}

async function boot(context: MaintenanceContext): Promise<INestApplicationContext> {
  const connecting: Promise<DataSource>[] = [];
  try {
    return await NestFactory.createApplicationContext(rootModule(context, connecting), {
      abortOnError: false,
      logger: context.logger,
    });
  } catch (error) {
    // A boot that fails leaves no application to close, but maybe a connection, which may still be opening.
    for (const attempt of await Promise.allSettled(connecting)) {
      if (attempt.status === 'fulfilled' && attempt.value.isInitialized) {
        await attempt.value.destroy();
      }
    }
    throw error;
  }
}

function rootModule(context: MaintenanceContext, connecting: Promise<DataSource>[]): DynamicModule {
  const { url, config, connectTimeoutMs = CONNECT_TIMEOUT_MS } = context;
  const options: TypeOrmModuleOptions = {
    type: 'postgres',
    url,
    autoLoadEntities: true,
    applicationName: 'tenxyte-maintenance',
    connectTimeoutMS: connectTimeoutMs,
    installExtensions: false,
    logging: false,
    extra: { keepAlive: true },
    toRetry: () => false,
  };
  const dataSourceFactory = async (complete: DataSourceOptions = { type: 'postgres', url }): Promise<DataSource> => {
    const attempt = connect(complete);
    connecting.push(attempt);
    return attempt;
  };
  const maintenance = TenxyteMaintenanceModule.forRoot(config);
  const typeOrm = TypeOrmModule.forRootAsync({ useFactory: () => options, dataSourceFactory });
  const environment: RunEnvironment = 'command-line';
  return {
    ...maintenance,
    imports: [typeOrm, ...(maintenance.imports ?? [])],
    providers: [...(maintenance.providers ?? []), { provide: RUN_ENVIRONMENT, useValue: environment }],
  };
}

async function connect(options: DataSourceOptions): Promise<DataSource> {
  try {
    return await new DataSource(options).initialize();
  } catch (error) {
    throw new ConnectionError(error);
  }
}

/** The database could not be reached or did not let the role in. Nothing was touched. Code `CONNECTION_FAILED`. */
export class ConnectionError extends MaintenanceError {
  public constructor(cause: unknown) {
    super(
      'CONNECTION_FAILED',
      `Could not connect to the database, check --database-url or DATABASE_URL: ${errorMessage(cause)}`,
      {
        cause,
      },
    );
  }
}
