import { UsageError } from '../../errors/usage.error.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import { statusText } from '../output/status-text.js';
import { watchStatus } from '../output/status-watch.js';

/** `tenxyte-maintenance status` */
export const statusCommand: MaintenanceCommand = {
  name: 'status',
  task: 'status',
  summary: 'show each task with its schedule, its last run, its next one and its health',
  examples: ['', '--watch', '--json'],
  declare: (command) => {
    command.option('--watch', 'show it anew every second, with how far each run is, until Ctrl-C');
  },
  plan: (command) => {
    const { watch, json } = command.opts<{ readonly watch?: boolean; readonly json?: boolean }>();
    if (watch === true && json === true) {
      throw new UsageError('--watch is given beside --json, accepted is one of both');
    }
    return async ({ maintenance, output, interruption }) => {
      if (watch !== true) {
        const report = await maintenance.status();
        return { report, text: (paint) => statusText(report, paint), exitCode: EXIT_CODE.done };
      }
      const ask = () => maintenance.status();
      await interruption.leaveTo(
        (stop) => watchStatus({ ...output.live, ask, stop }),
        () => undefined,
      );
      return { report: {}, exitCode: EXIT_CODE.done };
    };
  },
};
