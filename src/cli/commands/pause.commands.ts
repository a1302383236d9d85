import type { Command } from 'commander';
import { REASON_FORM } from '../../contract/attribution.js';
import { pauseEntries, type PauseRequest } from '../../control/control-requests.js';
import { MaintenanceConfigError } from '../../errors/maintenance-config.error.js';
import { UsageError } from '../../errors/usage.error.js';
import { TASK_NAMES, type TaskName, taskNamed } from '../../maintenance-tasks.js';
import { describeValue } from '../../validation/validation.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import { pausedText, resumedText } from '../output/control-text.js';
import { declareAttributionFlags, parseText, requestedAttribution } from './attribution-flags.js';

const TASK = `its name, or that of its command: ${TASK_NAMES.join(', ')}`;

/** `tenxyte-maintenance pause` */
const pauseCommand: MaintenanceCommand = {
  name: 'pause',
  task: 'pause',
  summary: 'keep a task from running, in the whole cluster, until it is resumed',
  examples: ['cleanup --reason migration', 'cleanup --until 12h --actor Ann --reason migration'],
  declare: (command) => {
    command
      .argument('<task>', TASK)
      .option(
        '--until <time>',
        'resume it by itself then: so long from now as 30m, 12h or 7d, a date, or a time with its zone',
        parseText('--until', pauseEntries.until),
      );
    declareAttributionFlags(command);
  },
  plan: (command) => {
    const task = taskOf(command);
    const request = { ...requestedAttribution(command), ...untilOf(command) };
    if (request.reason === undefined) {
      throw new UsageError(`--reason is not given, accepted is ${REASON_FORM}`);
    }
    return async ({ maintenance }) => {
      const pause = await maintenance.pause(task, request as PauseRequest).catch((error: unknown) => {
        throw inFlagWords(error);
      });
      return {
        report: { task: 'pause', status: 'succeeded', pause },
        text: (paint) => pausedText(pause, paint),
        exitCode: EXIT_CODE.done,
      };
    };
  },
};

/** `tenxyte-maintenance resume` */
const resumeCommand: MaintenanceCommand = {
  name: 'resume',
  task: 'resume',
  summary: 'end the pause of a task',
  examples: ['cleanup', 'cleanup --actor Ann'],
  declare: (command) => {
    command.argument('<task>', TASK);
    declareAttributionFlags(command);
  },
  plan: (command) => {
    const task = taskOf(command);
    const by = requestedAttribution(command);
    return async ({ maintenance }) => {
      const resumed = await maintenance.resume(task, by);
      return {
        report: { task: 'resume', status: 'succeeded', pause: resumed },
        text: (paint) => resumedText(resumed, paint),
        exitCode: EXIT_CODE.done,
      };
    };
  },
};

/** `tenxyte-maintenance pause` and `resume` */
export const PAUSE_COMMANDS: readonly MaintenanceCommand[] = [pauseCommand, resumeCommand];

function taskOf(command: Command): TaskName {
  const given = command.args[0] as string;
  const task = taskNamed(given);
  if (task === undefined) {
    throw new UsageError(`the task is ${describeValue(given)}, accepted is one of ${TASK_NAMES.join(', ')}`);
  }
  return task.name;
}

function untilOf(command: Command): Pick<PauseRequest, 'until'> {
  const { until } = command.opts<{ readonly until?: string }>();
  return until === undefined ? {} : { until };
}

/** Only the database knows whether a time is over. */
function inFlagWords(error: unknown): unknown {
  if (!(error instanceof MaintenanceConfigError)) {
    return error;
  }
  const problems = error.problems.map(
    ({ path, received, accepted }) => `--${path} is ${received}, accepted is ${accepted}`,
  );
  return new UsageError(problems.join('; '), error);
}
