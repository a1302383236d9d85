import { Inject, Injectable } from '@nestjs/common';
import type { ObservedRun } from '../contract/observed-run.js';
import type { ReportedError, TaskReport } from '../contract/task-report.js';
import { formatDuration } from '../text/format.js';
import { type LogLevel, MaintenanceLog } from './maintenance-log.js';

/** What the last line of a run says of its report. */
export interface RunFigures {
  /** Such as `deleted 1,234 rows of 7 targets`. */
  readonly text: string;
  /** The same for machines, such as `{ rows: 1234, targets: 7 }`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What went wrong in parts of the run, each in a few words. @default [] */
  readonly problems?: readonly string[];
  /** True when a run of a task that runs every minute found nothing to do: its line is of level `debug`. @default false */
  readonly isIdle?: boolean;
}

/** How a task's runs are put into words. */
export interface TaskWording<Report extends TaskReport> {
  readonly task: string;
  /** True for a task that runs every minute: the lines of a scheduled run that does nothing are of level `debug`. @default false */
  readonly isFrequent?: boolean;
  readonly figures: (report: Report) => RunFigures;
}

interface Wording {
  readonly isFrequent: boolean;
  readonly figures: (report: TaskReport) => RunFigures;
}

const PLAIN: Wording = { isFrequent: false, figures: () => ({ text: '', fields: {} }) };

/** The one line at the start and the one at the end of every run. */
@Injectable()
export class RunLog {
  private readonly wordings = new Map<string, Wording>();

  public constructor(@Inject(MaintenanceLog) private readonly log: MaintenanceLog) {}

  /** To be called by a task's service in its constructor; a task that does not has plain lines. */
  public describe<Report extends TaskReport>({ task, isFrequent = false, figures }: TaskWording<Report>): void {
    this.wordings.set(task, { isFrequent, figures: (report) => figures(report as Report) });
  }

  /** `cleanup 7f6c… started (cron, slot 2026-03-01T03:00:00.000Z)` */
  public started(run: ObservedRun): void {
    const details = [
      run.trigger,
      ...(run.slot === null ? [] : [`slot ${run.slot}`]),
      ...(run.isDryRun ? ['dry run'] : []),
    ];
    const text = `${run.task} ${run.runId} started (${details.join(', ')})`;
    this.log.write(this.isQuiet(run) ? 'debug' : 'log', { text, fields: { event: 'run.started', ...fieldsOf(run) } });
  }

  /** `cleanup 7f6c… succeeded: deleted 1,234 rows of 7 targets in 120 ms` */
  public ended(run: ObservedRun, report: TaskReport): void {
    const { text, fields, problems = [], isIdle = false } = this.wordingOf(run).figures(report);
    const { status, durationMs, error } = report;
    const lead = `${run.task} ${run.runId} ${status}`;
    const done = text === '' ? lead : `${lead}: ${text}`;
    const troubles = [...(error === undefined ? [] : [inWords(error)]), ...problems];
    this.log.write(levelOf(report, isIdle && this.isQuiet(run)), {
      text: [`${done} in ${formatDuration(durationMs)}`, ...troubles].join('; '),
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
      text: `${run.task} ${run.runId} failed in ${formatDuration(durationMs)}; ${inWords(error)}`,
      fields: { event: 'run.finished', ...fieldsOf(run), status: 'failed', durationMs: Math.round(durationMs), error },
    });
  }

  private wordingOf({ task }: ObservedRun): Wording {
    return this.wordings.get(task) ?? PLAIN;
  }

  private isQuiet(run: ObservedRun): boolean {
    return this.wordingOf(run).isFrequent && run.slot !== null;
  }
}

function levelOf({ status }: TaskReport, isQuiet: boolean): LogLevel {
  if (status === 'failed' || status === 'partial') {
    return 'error';
  }
  return isQuiet ? 'debug' : 'log';
}

function fieldsOf({ task, runId, trigger, slot, isDryRun }: ObservedRun): Readonly<Record<string, unknown>> {
  return { task, runId, trigger, slot, dryRun: isDryRun };
}

function inWords({ code, message }: ReportedError): string {
  return `${code}: ${message}`;
}
