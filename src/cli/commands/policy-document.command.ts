import { EXIT_CODE } from '../exit-codes.js';
import type { MaintenanceCommand } from '../maintenance-command.js';

/** `tenxyte-maintenance policy document` */
export const policyDocumentCommand: MaintenanceCommand = {
  name: 'policy document',
  task: 'policy document',
  summary: 'print the whole policy as a retention schedule in Markdown, for an auditor',
  examples: ['', '--app dist/app.module.js#MaintenanceModule', '--json'],
  declare: () => undefined,
  plan:
    () =>
    async ({ maintenance }) => {
      const schedule = await maintenance.retentionSchedule();
      return {
        report: { task: 'policy document', status: 'succeeded', ...schedule },
        text: () => schedule.markdown.trimEnd(),
        exitCode: EXIT_CODE.done,
      };
    },
};
