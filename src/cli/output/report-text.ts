import type { MaintenanceTask } from '../../contract/maintenance-task.js';
import type { TaskReport } from '../../contract/task-report.js';
import { MAINTENANCE_TASKS } from '../../maintenance-tasks.js';
import type { Paint } from '../../text/paint.js';
import { inPlainText } from '../../text/plain-text.js';

/**
 * A recorded report for people: the text that the command of its task prints. The fields themselves stand for a task without one, and for a
 * report of another release that its text cannot be made of.
 */
export function reportText(task: string, recorded: TaskReport, paint: Paint): string {
  const report = inPlainText(recorded);
  try {
    return definitionOf(task)?.command.text(report, paint) ?? fieldsOf(report);
  } catch {
    return fieldsOf(report);
  }
}

function definitionOf(name: string): MaintenanceTask | undefined {
  return MAINTENANCE_TASKS.find((task) => task.name === name);
}

function fieldsOf(report: TaskReport): string {
  return JSON.stringify(report, undefined, 2);
}
