import type { Command } from 'commander';
import { UsageError } from '../../errors/usage.error.js';
import { RUN_ID_FORM, runIdRange } from '../../status/run-history-request.js';
import { describeValue } from '../../validation/validation.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import { cancelledText } from '../output/control-text.js';
import { declareAttributionFlags, requestedAttribution } from './attribution-flags.js';

/** `tenxyte-maintenance cancel` */
export const cancelCommand: MaintenanceCommand = {
  name: 'cancel',
  task: 'cancel',
  summary: 'stop a run between two batches, whichever process it is at work in',
  examples: ['7f6c2c0e', '7f6c2c0e --actor Ann --reason too-slow'],
  declare: (command) => {
    command.argument('<run>', 'its id, or the first four characters of it or more; status shows it');
    declareAttributionFlags(command);
  },
  plan: (command) => {
    const id = runIdOf(command);
    const by = requestedAttribution(command);
    return async ({ maintenance }) => {
      const run = await maintenance.cancel(id, by);
      return {
        report: { task: 'cancel', status: 'succeeded', run },
        text: (paint) => cancelledText(run, paint),
        exitCode: EXIT_CODE.done,
      };
    };
  },
};

function runIdOf(command: Command): string {
  const id = command.args[0] as string;
  if (runIdRange(id) === undefined) {
    throw new UsageError(`the run is ${describeValue(id)}, accepted is ${RUN_ID_FORM}`);
  }
  return id;
}
