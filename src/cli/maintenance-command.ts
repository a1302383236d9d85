import type { Command } from 'commander';
import type { TenxyteMaintenanceService } from '../tenxyte-maintenance.service.js';
import type { CommandOutput } from './command-output.js';
import type { ExitCode } from './exit-codes.js';
import type { Paint } from './paint.js';

/** A command of the command line: what it is called, its own flags, and how it runs. */
export interface MaintenanceCommand {
  /** As typed, such as `cleanup`. */
  readonly name: string;
  /** As in reports, such as `cleanup`. */
  readonly task: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Adds the flags that only this command has, and what its help says below them. */
  readonly declare: (command: Command) => void;
  /**
   * Reads the flags, before anything is loaded or connected to.
   *
   * @throws {UsageError} when they make no sense
   */
  readonly plan: (command: Command) => CommandRun;
}

/** A command with its flags read, ready to run. */
export type CommandRun = (session: CommandSession) => Promise<CommandOutcome>;

/** What a running command has. */
export interface CommandSession {
  readonly maintenance: TenxyteMaintenanceService;
  readonly output: CommandOutput;
}

/** How a command ended. */
export interface CommandOutcome {
  /** The document of `--json`. */
  readonly report: object;
  /** The same for a person. */
  readonly text: (paint: Paint) => string;
  readonly exitCode: ExitCode;
  /** What went wrong, in one sentence for standard error. */
  readonly complaint?: string;
}
