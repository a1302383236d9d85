import type { TaskName } from '../contract/maintenance-task.js';
import type { TaskFinding } from '../status/task-findings.js';
import type { ExaminedTask, TaskExamination } from '../status/task-examiner.js';
import { verdictOf } from '../status/task-verdict.js';
import type {
  BacklogHealthDetail,
  MaintenanceHealth,
  MaintenanceHealthOptions,
  TaskHealthDetail,
} from './maintenance-health.js';

/** Puts together what was found: down as soon as one scheduled task or one target is. */
export function healthOf(
  { at, tasks }: TaskExamination,
  backlog: BacklogHealthDetail | undefined,
  options: MaintenanceHealthOptions,
): MaintenanceHealth {
  const details = tasks
    .filter(({ task }) => options.tasks?.includes(task) ?? true)
    .map((examined) => [examined.task, verdictOf(withAsked(examined, options), at)] as const);
  const causes = [
    ...details.filter(([, { health }]) => health === 'failing').map(([task, { reason }]) => `${task}: ${reason}`),
    ...(backlog?.health === 'failing' ? [backlog.reason] : []),
  ];
  return {
    status: causes.length === 0 ? 'up' : 'down',
    ...(causes.length === 0 ? {} : { message: causes.join('. ') }),
    tasks: Object.fromEntries(details) as Partial<Record<TaskName, TaskHealthDetail>>,
    ...(backlog === undefined ? {} : { backlog }),
  };
}

function withAsked(examined: ExaminedTask, options: MaintenanceHealthOptions): ExaminedTask {
  return { ...examined, findings: examined.findings.filter((finding) => isAsked(finding, options)) };
}

function isAsked({ kind }: TaskFinding, { lastRun = true, lastSuccess = true }: MaintenanceHealthOptions): boolean {
  return { 'last-run': lastRun, 'last-success': lastSuccess, outcome: true }[kind];
}
