import type { BacklogReport, TargetBacklog } from '../cleanup/backlog/backlog-report.js';
import { type TaskName, taskNamed } from '../maintenance-tasks.js';
import { healthOfTask } from '../status/health-of-task.js';
import type { EvaluatedTask, TaskEvaluation } from '../status/task-evaluator.js';
import type { TaskFinding } from '../status/task-findings.js';
import { clockDifference, CLOCK_TOLERANCE_MS } from '../tasks/clocks.js';
import type {
  BacklogHealthDetail,
  ClockHealthDetail,
  MaintenanceHealth,
  MaintenanceHealthOptions,
  TaskHealthDetail,
} from './maintenance-health.js';

/** Puts together what was found: down as soon as one scheduled task or one target is, unless somebody paused it. */
export function healthOf(
  { at, tasks, leadMs }: TaskEvaluation,
  measured: BacklogHealthDetail | undefined,
  options: MaintenanceHealthOptions,
): MaintenanceHealth {
  const isPaused = tasks.some(({ task, record }) => task === 'cleanup' && record.pause !== null);
  const backlog = isPaused && measured?.health === 'failing' ? pausedBacklog(measured) : measured;
  const details = tasks
    .filter(({ task }) => options.tasks?.some((name) => taskNamed(name)?.name === task) ?? true)
    .map((evaluated) => [evaluated.task, healthOfTask(withAsked(evaluated, options), at)] as const);
  const causes = [
    ...details.filter(([, { health }]) => health === 'failing').map(([task, { reason }]) => `${task}: ${reason}`),
    ...(backlog?.health === 'failing' ? [backlog.reason] : []),
  ];
  return {
    status: causes.length === 0 ? 'up' : 'down',
    ...(causes.length === 0 ? {} : { message: causes.join('. ') }),
    tasks: Object.fromEntries(details) as Partial<Record<TaskName, TaskHealthDetail>>,
    ...(backlog === undefined ? {} : { backlog }),
    clock: clockHealth(leadMs),
  };
}

function pausedBacklog({ reason }: BacklogHealthDetail): BacklogHealthDetail {
  return { health: 'paused', reason: `the cleanup is paused; ${reason}` };
}

function withAsked(evaluated: EvaluatedTask, options: MaintenanceHealthOptions): EvaluatedTask {
  return { ...evaluated, findings: evaluated.findings.filter((finding) => isAsked(finding, options)) };
}

function isAsked({ kind }: TaskFinding, { lastRun = true, lastSuccess = true }: MaintenanceHealthOptions): boolean {
  return { 'last-run': lastRun, 'last-success': lastSuccess, outcome: true }[kind];
}

/** The health of a backlog; without a report nothing was measured. */
export function backlogHealth(report: BacklogReport | undefined): BacklogHealthDetail {
  if (report === undefined) {
    return { health: 'unmeasured', reason: 'the backlog was not measured' };
  }
  const behind = report.targets.filter(({ isFallingBehind }) => isFallingBehind);
  if (behind.length > 0) {
    return { health: 'failing', reason: behind.map(sentenceOf).join('; ') };
  }
  const unmeasured = report.targets.filter(({ status }) => status === 'failed').map(({ name }) => name);
  const rest = unmeasured.length === 0 ? '' : `; not measured: ${unmeasured.join(', ')}`;
  return { health: 'ok', reason: `no target falls behind${rest}` };
}

function sentenceOf({ name, dueRows, isEstimate, oldestDueSince }: TargetBacklog): string {
  const rows = dueRows === null ? '' : `: ${isEstimate ? 'about ' : ''}${dueRows.toLocaleString('en-US')} rows are due`;
  const oldest = oldestDueSince === null ? '' : `, the oldest since ${oldestDueSince}`;
  return `${name} falls behind${rows}${oldest}`;
}

function clockHealth(leadMs: number): ClockHealthDetail {
  const offsetMs = Math.round(leadMs);
  if (Math.abs(leadMs) <= CLOCK_TOLERANCE_MS) {
    return { health: 'ok', reason: "this process's clock agrees with the database's", offsetMs };
  }
  const reason = `this process's clock is ${clockDifference(leadMs)}, by which slots are granted`;
  return { health: 'warning', reason, offsetMs };
}
