import { Inject, Injectable } from '@nestjs/common';
import type { CleanupTargetReport } from '../cleanup/cleanup-report.js';
import type { ObservedRun } from '../contract/observed-run.js';
import type { TaskReport } from '../contract/task-report.js';
import { MaintenanceSpans, type SpanEnd } from './maintenance-spans.js';
import { ATTRIBUTES } from './metric-definitions.js';
import { RunMetrics } from './run-metrics.js';
import type { DeletedBatch, RunTelemetry, TargetPart } from './run-telemetry.js';

/** The names of the spans. Names are API. */
export const SPANS = { run: 'tenxyte.maintenance.run', target: 'tenxyte.maintenance.cleanup.target' } as const;

/** Gives runs to OpenTelemetry, when the host has it. */
@Injectable()
export class OpenTelemetryRuns implements RunTelemetry {
  public constructor(
    @Inject(MaintenanceSpans) private readonly spans: MaintenanceSpans,
    @Inject(RunMetrics) private readonly metrics: RunMetrics,
  ) {}

  public async duringRun<Report extends TaskReport>(run: ObservedRun, work: () => Promise<Report>): Promise<Report> {
    const plan = { name: SPANS.run, runId: run.runId, isRun: true, attributes: attributesOf(run), endOf: endOfRun };
    const counted = run.isDryRun ? work : (): Promise<Report> => this.counted(run, work);
    return this.spans.trace(plan, counted);
  }

  public async duringTarget(
    { runId, target }: TargetPart,
    work: () => Promise<CleanupTargetReport>,
  ): Promise<CleanupTargetReport> {
    const attributes = { [ATTRIBUTES.target]: target };
    return this.spans.trace({ name: SPANS.target, runId, isRun: false, attributes, endOf: endOfTarget }, work);
  }

  public runSkipped(run: ObservedRun): void {
    this.metrics.runSkipped(run);
  }

  public batchDeleted(batch: DeletedBatch): void {
    this.metrics.batchDeleted(batch);
  }

  public agentsSuspended(count: number): void {
    this.metrics.agentsSuspended(count);
  }

  private async counted<Report extends TaskReport>(run: ObservedRun, work: () => Promise<Report>): Promise<Report> {
    const startedAt = performance.now();
    try {
      const report = await work();
      this.metrics.runEnded(run, { status: report.status, durationMs: report.durationMs, report });
      return report;
    } catch (error) {
      this.metrics.runEnded(run, { status: 'failed', durationMs: performance.now() - startedAt });
      throw error;
    }
  }
}

function attributesOf({ task, runId, trigger, slot, isDryRun }: ObservedRun): SpanEnd['attributes'] {
  return {
    [ATTRIBUTES.task]: task,
    [ATTRIBUTES.runId]: runId,
    [ATTRIBUTES.trigger]: trigger,
    [ATTRIBUTES.dryRun]: isDryRun,
    ...(slot === null ? {} : { [ATTRIBUTES.slot]: slot }),
  };
}

function endOfRun({ status, error }: TaskReport): SpanEnd {
  const hasFailed = status === 'failed' || status === 'partial';
  return { attributes: { [ATTRIBUTES.status]: status }, ...(hasFailed ? { errorCode: error?.code ?? status } : {}) };
}

function endOfTarget({ status, rows, lockedRows, batches, strategy, skipReason, error }: CleanupTargetReport): SpanEnd {
  return {
    attributes: {
      [ATTRIBUTES.targetStatus]: status,
      [ATTRIBUTES.rows]: rows,
      [ATTRIBUTES.lockedRows]: lockedRows,
      [ATTRIBUTES.batches]: batches,
      ...(strategy === null ? {} : { [ATTRIBUTES.strategy]: strategy }),
      ...(skipReason === undefined ? {} : { [ATTRIBUTES.skipReason]: skipReason }),
    },
    ...(error === undefined ? {} : { errorCode: error.code }),
  };
}
