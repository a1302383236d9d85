import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { errorMessage } from '../../errors/error-message.js';
import { UsageError } from '../../errors/usage.error.js';
import { describeValue } from '../../validation/validation.js';
import type { CommandOutcome } from '../command-outcome.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import { initialConfig, moduleLines } from './initial-config.js';

const DEFAULT_FILE = 'tenxyte-maintenance.config.mjs';

/** `tenxyte-maintenance init` */
export const initCommand: MaintenanceCommand = {
  name: 'init',
  task: 'init',
  summary: 'write a config file with the defaults in it, and print the lines for the module',
  examples: ['', 'config/maintenance.mjs'],
  declare: (command: Command) => {
    command.argument('[file]', `the file to write, whose name ends in .mjs (default: ${DEFAULT_FILE})`);
  },
  planUnconnected: (command) => {
    const [file = DEFAULT_FILE] = command.args;
    if (!file.endsWith('.mjs')) {
      throw new UsageError(`the file is ${describeValue(file)}, accepted is a name that ends in .mjs`);
    }
    return async ({ interruption }) => {
      interruption.enter(`writing ${describeValue(file)}`, 'it may be written');
      await writeNew(file);
      return outcomeOf(file);
    };
  },
};

async function writeNew(file: string): Promise<void> {
  try {
    await writeFile(file, initialConfig(), { flag: 'wx' });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new UsageError(
      isThere
        ? `${describeValue(file)} is there already, and is left as it is`
        : `${describeValue(file)} could not be written: ${errorMessage(error)}`,
      error,
    );
  }
}

function outcomeOf(file: string): CommandOutcome {
  const lines = moduleLines(basename(file));
  return {
    report: { task: 'init', status: 'succeeded', file, module: lines },
    text: () =>
      [
        `wrote ${file}`,
        '',
        'For the command line:',
        `  tenxyte-maintenance doctor --config ${file}`,
        '',
        'For the module of the application, which takes the same options:',
        ...lines.map((line) => `  ${line}`.trimEnd()),
      ].join('\n'),
    exitCode: EXIT_CODE.done,
  };
}
