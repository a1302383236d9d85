import type { LoggerService } from '@nestjs/common';
import type { PolicyComparison } from '../../contract/run-environment.js';
import { UsageError } from '../../errors/usage.error.js';
import type { TenxyteMaintenanceService } from '../../tenxyte-maintenance.service.js';
import type { CommandLineIo } from '../command-line-io.js';
import type { CommandOutput } from '../command-output.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import type { CommonFlags } from '../program.js';
import { onOneLine } from '../../text/format.js';
import { readDatabaseAddress } from './database-url.js';
import type { Connection } from './maintenance-context.js';

/** What a command is called with. */
interface SessionRequest {
  readonly flags: CommonFlags;
  readonly env: CommandLineIo['env'];
  readonly definition: Pick<MaintenanceCommand, 'configure'>;
  readonly output: CommandOutput;
  readonly logger: LoggerService;
  /** Told what is done from now on, such as `loading the config file X`. */
  readonly enter: (stage: string) => void;
}

/**
 * Opens a database as the flags say, by an address, a data source of TypeORM's or a module of the application, and lets `work` use the
 * service on it. Flags are checked before anything is loaded; Nest and TypeORM are loaded only here, so that help need not wait for them.
 *
 * @throws {UsageError} when the flags contradict each other, or name what is not there
 */
export async function inSession<Result>(
  request: SessionRequest,
  work: (maintenance: TenxyteMaintenanceService) => Promise<Result>,
): Promise<Result> {
  const { flags, env, definition, output, logger, enter } = request;
  assertOneSource(flags);
  if (flags.app !== undefined) {
    return inHost(flags.app, request, work);
  }
  const connection = await readConnection(request);
  enter(`loading ${configFileName(flags.config, env)}`);
  const { loadConfig } = await import('./config-file.js');
  const loaded = await loadConfig({ flag: flags.config, env, note: output.note });
  const config = definition.configure?.(loaded, { env, output }) ?? loaded;
  enter('starting and connecting to the database');
  const { withMaintenance } = await import('./maintenance-context.js');
  return withMaintenance({ connection, config, logger, comparison: comparisonOf(flags) }, work);
}

async function inHost<Result>(
  app: string,
  { flags, env, output, logger, enter }: SessionRequest,
  work: (maintenance: TenxyteMaintenanceService) => Promise<Result>,
): Promise<Result> {
  hideAddress(env, output);
  await import('reflect-metadata');
  const [{ loadHostModule }, { withHost }, { redactionOf }] = await Promise.all([
    import('./host-module.js'),
    import('./maintenance-context.js'),
    import('./given-data-source.js'),
  ]);
  enter(`loading the application module ${onOneLine(app)}`);
  const module = await loadHostModule(app);
  enter('starting the application module and connecting to the database');
  const hide: Parameters<typeof withHost>[0]['hide'] = (options) => output.hide(redactionOf(options));
  return withHost({ module, logger, comparison: comparisonOf(flags), note: output.note, hide }, work);
}

/** The application's module, or a connection by its address or by a data source. */
function assertOneSource({ app, databaseUrl, dataSource, config }: CommonFlags): void {
  const given = Object.entries({ '--app': app, '--database-url': databaseUrl, '--data-source': dataSource });
  const [one, other] = [...given, ['--config', app === undefined ? undefined : config] as const]
    .filter(([, value]) => value !== undefined)
    .map(([flag]) => flag);
  if (other !== undefined) {
    throw new UsageError(`${other} is given beside ${one}, accepted is one of both`);
  }
}

async function readConnection({ flags, env, output, enter }: SessionRequest): Promise<Connection> {
  if (flags.dataSource === undefined) {
    const { url, redact } = readDatabaseAddress(flags.databaseUrl, env);
    output.hide(redact);
    return { url };
  }
  enter(`loading the data source ${onOneLine(flags.dataSource)}`);
  hideAddress(env, output);
  const { loadGivenDataSource } = await import('./given-data-source.js');
  const { options, redact } = await loadGivenDataSource(flags.dataSource);
  output.hide(redact);
  return options;
}

/** The host's own code may well use it. */
function hideAddress(env: SessionRequest['env'], output: CommandOutput): void {
  try {
    output.hide(readDatabaseAddress(undefined, env).redact);
  } catch {
    // There is none to hide.
  }
}

function comparisonOf({ app, ownPolicy }: CommonFlags): PolicyComparison {
  return ownPolicy === true ? 'own' : app === undefined ? 'compared' : 'shared-provider';
}

export function configFileName(flag: string | undefined, env: CommandLineIo['env']): string {
  const file = flag ?? env['TENXYTE_MAINTENANCE_CONFIG'] ?? '';
  return file === '' ? 'the options' : `the config file ${onOneLine(file)}`;
}
