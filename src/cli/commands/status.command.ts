import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';
import { statusText } from '../output/status-text.js';

/** `tenxyte-maintenance status` */
export const statusCommand: MaintenanceCommand = {
  name: 'status',
  task: 'status',
  summary: 'show each task with its schedule, its last run, its next one and its health',
  examples: ['', '--json'],
  declare: () => undefined,
  plan:
    () =>
    async ({ maintenance }) => {
      const report = await maintenance.status();
      return { report, text: (paint) => statusText(report, paint), exitCode: EXIT_CODE.done };
    },
};
