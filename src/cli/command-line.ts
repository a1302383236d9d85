import type { LoggerService } from '@nestjs/common';
import { type Command, CommanderError } from 'commander';
import { UsageError } from '../errors/usage.error.js';
import { withoutPrototype } from '../validation/own-properties.js';
import { CommandInterruption } from './command-interruption.js';
import type { CommandLineIo } from './command-line-io.js';
import type { CommandOutcome } from './command-outcome.js';
import { CommandOutput } from './command-output.js';
import { COMMANDS } from './commands/commands.js';
import { EXIT_CODE, type ExitCode } from './exit-codes.js';
import { COMMAND_GROUPS, commandNamed, type CommandRun, type MaintenanceCommand } from './maintenance-command.js';
import { confirmForce } from './force-confirmation.js';
import { type CommonFlags, createProgram } from './program.js';
import { hasDatabaseAddress } from './session/database-url.js';
import { configFileName, inSession } from './session/open-session.js';

/** Runs one call of `tenxyte-maintenance` and answers its exit code; never throws. */
export async function runCommandLine({ env, ...streams }: CommandLineIo): Promise<ExitCode> {
  const io = { ...streams, env: withoutPrototype(env) };
  const output = new CommandOutput(io, io.args.includes('--json'));
  const interruption = new CommandInterruption(io.signals);
  let exitCode: ExitCode = EXIT_CODE.done;
  try {
    const program = createProgram(io, COMMANDS, async (definition, command) => {
      exitCode = output.finish(
        await interruption.orInterrupted(runCommand({ io, output, interruption, definition, command })),
      );
    });
    await program.parseAsync(argumentsFor(io.args), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return EXIT_CODE.done;
    }
    const task = commandNamed(COMMANDS, io.args)?.task ?? null;
    return output.fail(task, error instanceof CommanderError ? usageError(error) : error);
  }
}

/** No command, a group without one, and the command `help` ask for a help text, which Commander takes for an error. */
function argumentsFor([first, ...rest]: readonly string[]): string[] {
  if (first === undefined || first === 'help') {
    const isKnown = rest.length === 0 || isGroup(rest) || commandNamed(COMMANDS, rest) !== undefined;
    return isKnown ? [...rest, '--help'] : rest;
  }
  return isGroup([first, ...rest]) ? [first, '--help'] : [first, ...rest];
}

function isGroup([name = '', ...rest]: readonly string[]): boolean {
  return rest.length === 0 && Object.hasOwn(COMMAND_GROUPS, name);
}

interface CommandCall {
  readonly io: CommandLineIo;
  readonly output: CommandOutput;
  readonly interruption: CommandInterruption;
  readonly definition: MaintenanceCommand;
  readonly command: Command;
}

/** Flags and options are checked before the database is connected to. */
async function runCommand(call: CommandCall): Promise<CommandOutcome> {
  const { io, interruption, definition, command } = call;
  const { plan, planUnconnected } = definition;
  const { databaseUrl, app, dataSource } = command.opts<CommonFlags>();
  const isAddressed = hasDatabaseAddress(databaseUrl ?? app ?? dataSource, io.env);
  if (plan === undefined || (planUnconnected !== undefined && !isAddressed)) {
    return runUnconnected(call);
  }
  const run = plan(command);
  await confirmForce(command, io, interruption);
  return runConnected(call, run);
}

async function runConnected(
  { io, output, interruption, definition, command }: CommandCall,
  run: CommandRun,
): Promise<CommandOutcome> {
  const logger = new WarningLogger((line) => output.note(line));
  const enter = (stage: string): void => interruption.enter(stage);
  const request = { flags: command.opts<CommonFlags>(), env: io.env, definition, output, logger, enter };
  return inSession(request, (maintenance) => {
    enter(`${definition.name} was at work`);
    return run({ maintenance, output, interruption });
  });
}

async function runUnconnected({ io, output, interruption, definition, command }: CommandCall): Promise<CommandOutcome> {
  const run = definition.planUnconnected?.(command);
  if (run === undefined) {
    throw new UsageError(`${definition.name} does nothing`);
  }
  return run({
    output,
    interruption,
    options: async () => {
      const { config } = command.opts<CommonFlags>();
      interruption.enter(`loading ${configFileName(config, io.env)}`);
      const { loadOptions } = await import('./session/config-file.js');
      return loadOptions({ flag: config, env: io.env, note: output.note });
    },
  });
}

/** Commander's sentence, without what a mistyped flag was given: it may be a password. */
function usageError({ message }: CommanderError): UsageError {
  const sentence = withoutRiskySuggestion(message)
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .replace(/'(-[^'=]*)=[^]*'/, "'$1'")
    .replace(/'[^']*:\/\/[^]*'/, 'that looks like a URL');
  return new UsageError(`${sentence.replace(/\.$/, '')}; see tenxyte-maintenance --help`);
}

/** Flags that only narrow or show what a call does. */
const HARMLESS_FLAGS: readonly string[] = ['--dry-run', '--json', '--help', '--version', '--config', '--database-url'];

/** A typing error must not lead to a flag that does more than what was asked for. */
function withoutRiskySuggestion(message: string): string {
  return message.replace(/\s*\(Did you mean (?:one of )?([^?]*)\?\)/, (suggestion, names: string) => {
    const flags = names.split(', ').filter((name) => name.startsWith('-'));
    return flags.every((flag) => HARMLESS_FLAGS.includes(flag)) ? suggestion : '';
  });
}

/** Loggers whose errors also end the run with a sentence, or stand in its report. */
const REPORTED_OTHERWISE: readonly unknown[] = ['TenxyteMaintenance', 'TypeOrmModule', 'ExceptionHandler'];

/** Passes on warnings, and the errors of the host's own providers, a line each; drops everything else. */
export class WarningLogger implements LoggerService {
  public constructor(private readonly print: (line: string) => void) {}

  public log(): void {
    // The report says what was done.
  }

  public warn(message: unknown): void {
    this.print(String(message));
  }

  /** Nest gives the logger's name last. */
  public error(message: unknown, ...details: readonly unknown[]): void {
    if (!REPORTED_OTHERWISE.includes(details.at(-1))) {
      this.print(String(message));
    }
  }
}
