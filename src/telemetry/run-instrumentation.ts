import { Inject, Injectable } from '@nestjs/common';
import type { MaintenanceTask } from '../contract/maintenance-task.js';
import type { ObservedRun } from '../contract/run-events.js';
import { reportedError, type TaskReport, type TaskStatus } from '../contract/task-report.js';
import { RUN_ATTRIBUTES, RUN_METRICS, RUN_SPAN } from './metric-definitions.js';
import { RunLog } from './run-log.js';
import { type SpanEnd, type SpanOptions, type Telemetry, TELEMETRY } from './telemetry.js';

/** The log lines, the span and the metrics of every run of every task. */
@Injectable()
export class RunInstrumentation {
  public constructor(
    @Inject(RunLog) private readonly log: RunLog,
    @Inject(TELEMETRY) private readonly telemetry: Telemetry,
  ) {}

  /** Answers what `work` does, or throws what it throws. A dry run is traced, not counted. */
  public async during<Report extends TaskReport>(
    task: MaintenanceTask,
    run: ObservedRun,
    work: () => Promise<Report>,
  ): Promise<Report> {
    const startedAt = performance.now();
    this.log.started(task, run);
    const counted = run.isDryRun ? work : (): Promise<Report> => this.counted(task, run, work);
    const report = await this.telemetry.trace(spanOf<Report>(run), counted).catch((error: unknown) => {
      this.log.threw(run, reportedError(error), performance.now() - startedAt);
      throw error;
    });
    this.log.ended(task, run, report);
    return report;
  }

  /** Counts a run that was not made; it has no duration. */
  public skipped({ task, trigger }: ObservedRun): void {
    this.telemetry.record(RUN_METRICS.runs, 1, {
      [RUN_ATTRIBUTES.task]: task,
      [RUN_ATTRIBUTES.status]: 'skipped',
      [RUN_ATTRIBUTES.trigger]: trigger,
    });
  }

  private async counted<Report extends TaskReport>(
    task: MaintenanceTask,
    run: ObservedRun,
    work: () => Promise<Report>,
  ): Promise<Report> {
    const startedAt = performance.now();
    try {
      const report = await work();
      this.count(run, report.status, report.durationMs);
      task.measure?.(report, this.telemetry.record);
      return report;
    } catch (error) {
      this.count(run, 'failed', performance.now() - startedAt);
      throw error;
    }
  }

  private count({ task, trigger }: ObservedRun, status: TaskStatus, durationMs: number): void {
    const ofRun = { [RUN_ATTRIBUTES.task]: task, [RUN_ATTRIBUTES.status]: status };
    this.telemetry.record(RUN_METRICS.runs, 1, { ...ofRun, [RUN_ATTRIBUTES.trigger]: trigger });
    this.telemetry.record(RUN_METRICS.runDuration, durationMs / 1000, ofRun);
  }
}

function spanOf<Report extends TaskReport>({ task, runId, trigger, slot, isDryRun }: ObservedRun): SpanOptions<Report> {
  const attributes = {
    [RUN_ATTRIBUTES.task]: task,
    [RUN_ATTRIBUTES.runId]: runId,
    [RUN_ATTRIBUTES.trigger]: trigger,
    [RUN_ATTRIBUTES.dryRun]: isDryRun,
    ...(slot === null ? {} : { [RUN_ATTRIBUTES.slot]: slot }),
  };
  return { name: RUN_SPAN, runId, isRun: true, attributes, endOf: endOfRun };
}

function endOfRun({ status, error }: TaskReport): SpanEnd {
  const hasFailed = status === 'failed' || status === 'partial';
  return {
    attributes: { [RUN_ATTRIBUTES.status]: status },
    ...(hasFailed ? { errorCode: error?.code ?? status } : {}),
  };
}
