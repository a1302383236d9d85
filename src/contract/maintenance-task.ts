import type { Command } from 'commander';
import type { Paint } from '../text/paint.js';
import type { SettingsSection } from '../validation/settings-section.js';
import type { AttributedRequest } from './attribution.js';
import type { RecordMetric } from './metric.js';
import type { ReportedError, TaskReport } from './task-report.js';

/** The fields of a report that the task itself fills in; the runner adds those that every report begins with. */
export type TaskResult<Report extends TaskReport> = Omit<
  Report,
  | 'task'
  | 'dryRun'
  | 'runId'
  | 'runAt'
  | 'durationMs'
  | 'stopReason'
  | 'cancelledBy'
  | 'force'
  | 'startedBy'
  | 'isUncertain'
>;

/** The fields that a request to any task may have. */
export interface TaskRequest extends AttributedRequest {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  /** Milliseconds to wait for another run of the task to end. @default 0 */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/** The numbers and words of a recorded report, without its lists. Any may be missing: reports of other releases differ. */
export type ReportFields = Readonly<Record<string, unknown>>;

/** The environment that the command line runs in. */
export interface CommandEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Keeps secrets out of everything that is written from now on. */
  readonly hide: (secrets: readonly string[]) => void;
}

/** The command of a task on the command line. */
interface TaskCommand<Request extends TaskRequest, Report extends TaskReport> {
  /** One line for the list of commands. */
  readonly summary: string;
  /** Flags of calls that the help shows; an empty text is a call without any. */
  readonly examples: readonly string[];
  /** Adds the flags that only this command has, and the help below them. */
  declare(command: Command): void;
  /**
   * Reads the flags.
   *
   * @throws {UsageError} when they make no sense
   */
  request(command: Command): Request;
  /** An error of the call in the words of the flags, where it is about what they say; else as it is. @default as it is */
  inFlagWords?(error: unknown): unknown;
  /** The report for people. */
  text(report: Report, paint: Paint): string;
  /** The failure, in one sentence; undefined when there is none. */
  complaint(report: Report): string | undefined;
  /** True when the report holds what the caller must look at: exit code 5. @default never */
  hasFindings?(report: Report): boolean;
  /** Said at the first SIGINT or SIGTERM. @default that it stops after the batch in flight */
  readonly stopNote?: string;
  /** The parts of a run that have a progress bar on a terminal. @default none */
  readonly progressBars?: readonly string[];
  /**
   * Completes the task's section of the config file by the environment.
   *
   * @throws {UsageError} when that makes no sense
   */
  configure?(given: object | undefined, environment: CommandEnvironment): object;
  /** Runs without a database, when none was given; `notes` go to standard error. */
  runUnconnected?(
    settings: unknown,
    request: Request,
  ): Promise<{ readonly report: Report; readonly notes: readonly string[] }>;
}

/** Everything that others ask of a task: schedule, options, records, log, metrics and command line. */
export interface MaintenanceTask<
  Name extends string = string,
  CommandName extends string = string,
  Request extends TaskRequest = TaskRequest,
  Report extends TaskReport = TaskReport,
> {
  /** The stable name, in reports and in the runs table. */
  readonly name: Name;
  /** The name of its command, which is taken wherever its name is. */
  readonly commandName: CommandName;
  /** Its field of the `schedule` option. */
  readonly scheduleOption: string;
  /** The name of its cron job in the host's `SchedulerRegistry`. */
  readonly jobName: string;
  /** When it runs unless the options say otherwise: a cron expression. */
  readonly defaultExpression: string;
  /** True when a slot that nobody ran is run once at the next start-up. */
  readonly catchesUp: boolean;
  /** True for a task that runs every minute: the log lines of a scheduled run that does nothing are of level `debug`. @default false */
  readonly isFrequent?: boolean;
  /** Its section of the options. */
  readonly settings: SettingsSection;
  /** The sections of the options whose policy it goes by. @default its own */
  readonly policySections?: readonly string[];
  /** The options without which it has nothing to work with, so that it is not scheduled. @default none */
  readonly needs?: { readonly words: string; isMet(given: object | undefined): boolean };
  /** Errors of a `partial` run that did all there was to do and found what only a person can see to. @default [] */
  readonly completeDespite?: readonly string[];
  /** The report of a run that was not made. */
  nothingDone(request: Request, error: ReportedError): Omit<TaskResult<Report>, 'status' | 'error'>;
  /** The last log line of a run, but for what every run says. */
  logSummary(report: Report): {
    /** Such as `deleted 1,234 rows of 7 targets`. */
    readonly text: string;
    /** The same for machines, such as `{ rows: 1234, targets: 7 }`. */
    readonly fields: Readonly<Record<string, unknown>>;
    /** Errors in parts of the run, each in a few words. @default [] */
    readonly problems?: readonly string[];
    /**
     * True when a run found nothing to do: a scheduled one that succeeded may be left out of a history, and the line of a frequent task is of
     * level `debug`. @default false
     */
    readonly isIdle?: boolean;
  };
  /** A few words about a run, kept with its record, such as `deleted 1,234 rows`. */
  summarize(report: Report): string;
  /** Findings of a run that did its work, which somebody should see to, a sentence each. @default none */
  concerns?(fields: ReportFields): readonly string[];
  /** Records the metrics of a report. @default none */
  measure?(report: Report, record: RecordMetric): void;
  readonly command: TaskCommand<Request, Report>;
}

/** Declares a task. */
export function defineTask<
  Name extends string,
  CommandName extends string,
  Request extends TaskRequest,
  Report extends TaskReport & { readonly task: Name },
>(
  task: Omit<MaintenanceTask<Name, CommandName, Request, Report>, 'jobName'>,
): MaintenanceTask<Name, CommandName, Request, Report> {
  return { ...task, jobName: `tenxyte-maintenance.${task.name}` };
}

/** A field as a count; 0 when it is none. */
export function countIn(fields: ReportFields, name: string): number {
  const count = fields[name];
  return typeof count === 'number' && Number.isFinite(count) ? count : 0;
}
