import type { DynamicModule, INestApplicationContext, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { type PolicyComparison, underCommandLine } from '../../contract/run-environment.js';
import { MAINTENANCE_DATA_SOURCE } from '../../database/maintenance-data-source.js';
import { errorMessage } from '../../errors/error-message.js';
import { MaintenanceError } from '../../errors/maintenance.error.js';
import { UsageError } from '../../errors/usage.error.js';
import { withinTimeout } from '../../database/within-timeout.js';
import { TenxyteMaintenanceModule } from '../../tenxyte-maintenance.module.js';
import { TenxyteMaintenanceService } from '../../tenxyte-maintenance.service.js';
import type { CommandLineConfig } from './config-file.js';
import { HostAtRest } from './host-at-rest.js';
import type { HostModule } from './host-module.js';

type TypeOrmEntities = Parameters<typeof TypeOrmModule.forFeature>[0] & object;

const CONNECT_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** How to connect, and what tables are called. */
export type Connection = Partial<Extract<DataSourceOptions, { readonly type: 'postgres' }>>;

/** How a command is to boot. */
interface Boot {
  readonly logger: LoggerService;
  /** How its policy stands to that of the applications. @default 'compared' */
  readonly comparison?: PolicyComparison;
}

/** Everything that this package's own module is booted with. */
interface MaintenanceContext extends Boot {
  readonly connection: Connection;
  readonly config: CommandLineConfig;
  /** Milliseconds to wait for a connection. @default 10000 */
  readonly connectTimeoutMs?: number;
}

/** A module of the host's, which mounts this package's. */
interface HostContext extends Boot {
  readonly module: HostModule;
  /** Told, in a sentence, what of the host's was kept from starting. */
  readonly note: (line: string) => void;
  /** Told of the host's data source, to keep its secrets out of what is written. */
  readonly hide: (options: Connection) => void;
}

/** Work with the service of a booted application. */
type Work<Result> = (maintenance: TenxyteMaintenanceService) => Promise<Result>;

/**
 * Boots the module on a database, lets `work` use its service and closes everything again, whatever happens.
 *
 * @throws {ConnectionError} when the database cannot be reached
 */
export async function withMaintenance<Result>(context: MaintenanceContext, work: Work<Result>): Promise<Result> {
  const connecting: Promise<DataSource>[] = [];
  try {
    const application = await create(rootModule(context, connecting), context);
    return await during(application, () => work(application.get(TenxyteMaintenanceService)));
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

/**
 * Boots a module of the host's as a standalone application, with its options, entities, data sources and providers, lets `work` use the
 * service and closes everything again. Nothing of the host's that works by itself is started.
 *
 * @throws {UsageError} when the module does not mount this package's, or more than once
 */
export async function withHost<Result>(context: HostContext, work: Work<Result>): Promise<Result> {
  const atRest = new HostAtRest();
  const application = await createHost(context.module, context, atRest);
  return during(application, async () => {
    if (atRest.keptFromStarting.length > 0) {
      context.note(`Kept from starting under this command: ${atRest.keptFromStarting.join(', ')}.`);
    }
    const services = mountedServices(application);
    const [maintenance] = services;
    if (maintenance === undefined || services.length > 1) {
      const count = maintenance === undefined ? '' : ' more than once';
      throw new UsageError(
        `The module of --app ${count === '' ? 'does not import' : 'imports'} the TenxyteMaintenanceModule of this command's package${count}: name a module that imports it once`,
      );
    }
    context.hide(application.get<DataSource>(MAINTENANCE_DATA_SOURCE, { strict: false }).options as Connection);
    return work(maintenance);
  });
}

function mountedServices(application: INestApplicationContext): TenxyteMaintenanceService[] {
  try {
    return [...new Set(application.get(TenxyteMaintenanceService, { strict: false, each: true }))];
  } catch {
    return [];
  }
}

async function create(
  root: DynamicModule,
  { logger, comparison = 'compared' }: Boot,
  atRest?: HostAtRest,
): Promise<INestApplicationContext> {
  const instrument = atRest === undefined ? {} : { instrument: { instanceDecorator: atRest.settle } };
  return underCommandLine(comparison, () =>
    NestFactory.createApplicationContext(root, { abortOnError: false, logger, ...instrument }),
  );
}

async function during<Result>(application: INestApplicationContext, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    // Connections that are silent are not waited for.
    await withinTimeout(application.close(), CLOSE_TIMEOUT_MS);
  }
}

function rootModule(context: MaintenanceContext, connecting: Promise<DataSource>[]): DynamicModule {
  const { connection, config, connectTimeoutMs = CONNECT_TIMEOUT_MS } = context;
  const options = {
    ...connection,
    type: 'postgres',
    autoLoadEntities: true,
    applicationName: 'tenxyte-maintenance',
    connectTimeoutMS: connectTimeoutMs,
    installExtensions: false,
    logging: false,
    extra: { ...(connection.extra as object | undefined), keepAlive: true },
    toRetry: () => false,
  } as TypeOrmModuleOptions;
  const dataSourceFactory = async (complete: DataSourceOptions = { type: 'postgres' }): Promise<DataSource> => {
    const attempt = connect(complete);
    connecting.push(attempt);
    return attempt;
  };
  const maintenance = TenxyteMaintenanceModule.forRoot(config);
  const typeOrm = TypeOrmModule.forRootAsync({ useFactory: () => options, dataSourceFactory });
  const own = (config.cleanup?.targets ?? []).map(({ entity }) => entity) as TypeOrmEntities;
  return { ...maintenance, imports: [typeOrm, TypeOrmModule.forFeature(own), ...(maintenance.imports ?? [])] };
}

async function connect(options: DataSourceOptions): Promise<DataSource> {
  try {
    return await new DataSource(options).initialize();
  } catch (error) {
    throw new ConnectionError(error, 'url' in options ? undefined : 'the data source');
  }
}

/** A system error of the network, or a SQLSTATE of a connection, a login, a database that is not there, or a server that takes no more. */
const OUT_OF_REACH = /^(E[A-Z_]{3,}|(08|28|3D|53)\w{3}|57P\d\d)$/;

async function createHost(module: HostModule, boot: Boot, atRest: HostAtRest): Promise<INestApplicationContext> {
  try {
    return await create({ module: class TenxyteMaintenanceCommand {}, imports: [module] }, boot, atRest);
  } catch (error) {
    const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
    if (String(message).includes(`dependencies of the ${String(MAINTENANCE_DATA_SOURCE)}`)) {
      const wanted = 'import TypeOrmModule.forRoot() in it, or in a module that it imports';
      throw new UsageError(`The module of --app has no data source for the maintenance: ${wanted}`, error);
    }
    throw OUT_OF_REACH.test(String(code)) ? new ConnectionError(error, "the application's data source") : error;
  }
}

/** The database could not be reached or did not let the role in. Nothing was touched. Code `CONNECTION_FAILED`. */
export class ConnectionError extends MaintenanceError {
  /** @param check where the connection is told */
  public constructor(cause: unknown, check = '--database-url or DATABASE_URL') {
    super('CONNECTION_FAILED', `Could not connect to the database, check ${check}: ${errorMessage(cause)}`, { cause });
  }
}
