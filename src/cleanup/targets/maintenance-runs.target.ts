import { defineCleanupTarget } from './define-cleanup-target.js';

/** This package's own record of past runs. A run that goes on has no end yet, and so is never due. */
export const maintenanceRunsTarget = defineCleanupTarget({
  name: 'maintenance_runs',
  entity: 'MaintenanceRun',
  summary: 'records of runs that ended more than maintenanceRunDays ago',
  dueWhen: { before: 'finishedAt', cutoff: 'maintenanceRunDays' },
  retention: { option: 'maintenanceRunDays' },
});
