import { Inject, Injectable } from '@nestjs/common';
import type { MaintenanceTask } from '../contract/maintenance-task.js';
import type { ObservedRun } from '../contract/run-events.js';
import type { ReportedError, TaskReport } from '../contract/task-report.js';
import { formatDuration } from '../text/format.js';
import { askedFor } from '../text/run-line.js';
import { type LogLevel, MaintenanceLog } from './maintenance-log.js';

/** The one line at the start and the one at the end of every run. */
@Injectable()
export class RunLog {
  public constructor(@Inject(MaintenanceLog) private readonly log: MaintenanceLog) {}

  /** `cleanup 7f6c… started (cron, slot 2026-03-01T03:00:00.000Z)` */
  public started(task: MaintenanceTask, run: ObservedRun): void {
    const details = [
      run.trigger,
      ...(run.slot === null ? [] : [`slot ${run.slot}`]),
      ...(run.isDryRun ? ['dry run'] : []),
      ...askedFor(run),
    ];
    const text = `${run.task} ${run.runId} started (${details.join(', ')})`;
    this.log.write(isQuiet(task, run) ? 'debug' : 'log', { text, fields: { event: 'run.started', ...fieldsOf(run) } });
  }

  /** `cleanup 7f6c… succeeded: deleted 1,234 rows of 7 targets in 120 ms` */
  public ended(task: MaintenanceTask, run: ObservedRun, report: TaskReport): void {
    const { text, fields, problems = [], isIdle = false } = task.logSummary(report);
    const { status, durationMs, error } = report;
    const lead = `${run.task} ${run.runId} ${status}`;
    const troubles = [...(error === undefined ? [] : [format(error)]), ...problems];
    this.log.write(levelOf(report, problems.length > 0, isIdle && isQuiet(task, run)), {
      text: [`${lead}: ${text} in ${formatDuration(durationMs)}`, ...troubles].join('; '),
      fields: {
        event: 'run.finished',
        ...fieldsOf(run),
        status,
        durationMs,
        ...fields,
        ...(error === undefined ? {} : { error }),
      },
    });
  }

  /** `cleanup 7f6c… failed in 12 ms; RETENTION_PROVIDER: the flag service is away`, for a run that threw. */
  public threw(run: ObservedRun, error: ReportedError, durationMs: number): void {
    this.log.write('error', {
      text: `${run.task} ${run.runId} failed in ${formatDuration(durationMs)}; ${format(error)}`,
      fields: { event: 'run.finished', ...fieldsOf(run), status: 'failed', durationMs: Math.round(durationMs), error },
    });
  }
}

function isQuiet({ isFrequent = false }: MaintenanceTask, { slot }: ObservedRun): boolean {
  return isFrequent && slot !== null;
}

function levelOf({ status }: TaskReport, hasProblems: boolean, isIdle: boolean): LogLevel {
  if (status === 'failed' || status === 'partial') {
    return 'error';
  }
  if (hasProblems) {
    return 'warn';
  }
  return isIdle ? 'debug' : 'log';
}

function fieldsOf(run: ObservedRun): Readonly<Record<string, unknown>> {
  const { task, runId, trigger, slot, isDryRun, force, startedBy } = run;
  const asked = { ...(force ? { force } : {}), ...(startedBy === null ? {} : { startedBy }) };
  return { task, runId, trigger, slot, dryRun: isDryRun, ...asked };
}

function format({ code, message }: ReportedError): string {
  return `${code}: ${message}`;
}
