import type { Command } from 'commander';
import type { ResolvedMaintenanceOptions } from '../options/maintenance-options.js';
import type { TenxyteMaintenanceService } from '../tenxyte-maintenance.service.js';
import type { CommandInterruption } from './command-interruption.js';
import type { CommandOutcome } from './command-outcome.js';
import type { CommandOutput } from './command-output.js';
import type { CommandLineConfig } from './session/config-file.js';

/** A command of the command line: what it is called, its own flags, and how it runs. */
export interface MaintenanceCommand {
  /** As typed, such as `cleanup`, or `policy explain`, one of the group of commands `policy`. */
  readonly name: string;
  /** As in reports, such as `cleanup`. */
  readonly task: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Flags of calls that the help shows; an empty text is a call without any. */
  readonly examples: readonly string[];
  /** Adds the flags that only this command has, and what its help says below them. */
  readonly declare: (command: Command) => void;
  /**
   * Reads the flags, before anything is loaded or connected to. A command without it has nothing to do with a database.
   *
   * @throws {UsageError} when they make no sense
   */
  readonly plan?: (command: Command) => CommandRun;
  /**
   * Completes what the config file says by what else the command reads, such as keys in the environment.
   *
   * @throws {UsageError} when that makes no sense
   */
  readonly configure?: (
    config: CommandLineConfig,
    context: { readonly env: Readonly<Record<string, string | undefined>>; readonly output: CommandOutput },
  ) => CommandLineConfig;
  /** As `plan`, for a run without a database. A command that has both kinds takes this one when no database was given. */
  readonly planUnconnected?: (command: Command) => UnconnectedRun;
}

/** What a group of commands is for, one line for the list of commands, by the word that they begin with. */
export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  policy: 'tell how long records are kept, and by which rule',
  hold: 'keep rows from being deleted, whatever the retention says: legal holds',
};

/** The command that some words begin with, one of a group by two of them; undefined when there is none. */
export function commandNamed(
  commands: readonly MaintenanceCommand[],
  words: readonly string[],
): MaintenanceCommand | undefined {
  return [words.slice(0, 2), words.slice(0, 1)]
    .map((named) => commands.find(({ name }) => name === named.join(' ')))
    .find((found) => found !== undefined);
}

/** A command with its flags read, ready to run. */
export type CommandRun = (session: CommandSession) => Promise<CommandOutcome>;

/** A connection's service, the streams, and what may end the call from outside. */
export interface CommandSession {
  readonly maintenance: TenxyteMaintenanceService;
  readonly output: CommandOutput;
  readonly interruption: CommandInterruption;
}

/** A command with its flags read, ready to run without a database. */
export type UnconnectedRun = (session: {
  /**
   * The options of the config file, complete.
   *
   * @throws {UsageError} when the file cannot be loaded or exports no options
   * @throws {MaintenanceConfigError} when the options are invalid
   */
  readonly options: () => Promise<ResolvedMaintenanceOptions>;
  readonly output: CommandOutput;
  readonly interruption: CommandInterruption;
}) => Promise<CommandOutcome>;
