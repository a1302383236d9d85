import { createRequire } from 'node:module';
import { Command, type Option } from 'commander';
import { UsageError } from '../errors/usage.error.js';
import { columnsOf } from '../text/paint.js';
import { helpSection } from '../text/text-table.js';
import type { CommandLineIo } from './command-line-io.js';
import { EXIT_CODE_MEANINGS } from './exit-codes.js';
import { COMMAND_GROUPS, type MaintenanceCommand } from './maintenance-command.js';

/** Flags of every command. */
export interface CommonFlags {
  readonly databaseUrl?: string;
  readonly config?: string;
  readonly app?: string;
  readonly dataSource?: string;
  readonly ownPolicy?: boolean;
  readonly json?: boolean;
}

/** Runs a command once its flags are parsed. */
export type CommandAction = (definition: MaintenanceCommand, command: Command) => Promise<void>;

/** Columns of a help text that goes elsewhere than to a terminal. */
const HELP_WIDTH = 80;

const HELP_FLAG = ['-h, --help', 'show this help'] as const;

/** Declares the program; help goes to standard output, errors are thrown as `CommanderError` and written by nobody. */
export function createProgram(
  io: Pick<CommandLineIo, 'stdout'>,
  commands: readonly MaintenanceCommand[],
  action: CommandAction,
): Command {
  const program = new Command('tenxyte-maintenance')
    .description('Keeps a Tenxyte authentication database on PostgreSQL healthy.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => columnsOf(io.stdout) ?? HELP_WIDTH,
    })
    .version(packageVersion(), '--version', 'show the version')
    .helpOption(...HELP_FLAG)
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', () => exitCodesHelp(columnsOf(io.stdout)));
  for (const definition of commands) {
    declareCommand(program, definition, action);
  }
  return program;
}

function declareCommand(program: Command, definition: MaintenanceCommand, action: CommandAction): void {
  const [name = '', group] = definition.name.split(' ').toReversed();
  const command = (group === undefined ? program : groupNamed(program, group))
    .command(name)
    .description(definition.summary)
    .helpOption(...HELP_FLAG);
  definition.declare(command);
  if (command.options.some(({ long }) => long === '--force')) {
    command.option('--yes', 'do not ask on a terminal whether --force is meant');
  }
  if (definition.plan !== undefined) {
    command
      .option(
        '--database-url <url>',
        `the database, as postgres://user:password@host:5432/database (default: DATABASE_URL${definition.planUnconnected === undefined ? '' : '; without either no record is left'})`,
      )
      .option(
        '--config <file>',
        'a module, TypeScript too, whose default export is an object of module options, or a function that gives one (default: TENXYTE_MAINTENANCE_CONFIG, else tenxyte-maintenance.config with .ts, .mts, .cts, .js, .mjs or .cjs, here or above up to a package.json)',
      )
      .option('--data-source <file>', 'take the connection of the TypeORM data source that this file exports')
      .option(
        '--app <file#module>',
        'boot this module of the application, with its options, entities and data source: no --config, no --database-url',
      );
  }
  command
    .option('--json', 'print exactly one JSON document on standard output')
    .addHelpText('after', () => examplesHelp(definition))
    .addHelpText('after', '\nExit codes: see tenxyte-maintenance --help')
    .action(() => action(definition, command));
  // Commander looks a flag up in a plain object: one that is not given would be found on Object.prototype.
  command.options.forEach((option) => command.setOptionValue(option.attributeName(), undefined));
  command.options.forEach((option) => refuseTwice(command, option));
}

/** The group that a command of two words belongs to; the first of them makes it. */
function groupNamed(program: Command, name: string): Command {
  const made = program.commands.find((command) => command.name() === name);
  return (
    made ??
    program
      .command(name)
      .description(COMMAND_GROUPS[name] ?? '')
      .helpOption(...HELP_FLAG)
      .helpCommand(false)
  );
}

/** Two values of one flag are a mistake, whichever of them was meant. */
function refuseTwice(command: Command, option: Option): void {
  let isGiven = false;
  command.on(`option:${option.name()}`, () => {
    if (isGiven) {
      throw new UsageError(`--${option.name()} is given twice, accepted is once`);
    }
    isGiven = true;
  });
}

function examplesHelp({ name, examples }: MaintenanceCommand): string {
  return ['', 'Examples:', ...examples.map((flags) => `  tenxyte-maintenance ${name} ${flags}`.trimEnd())].join('\n');
}

function exitCodesHelp(columns: number | undefined): string {
  return helpSection('Exit codes, of every command', Object.entries(EXIT_CODE_MEANINGS), columns);
}

function packageVersion(): string {
  // By the package's own name: a bundled file may lie anywhere in it.
  const manifest = createRequire(import.meta.url)('@tenxyte/nestjs-maintenance/package.json') as { version: string };
  return manifest.version;
}
