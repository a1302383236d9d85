import type { CleanupTargetReport } from '../cleanup/cleanup-report.js';
import type { CleanupTargetName } from '../cleanup/targets/cleanup-targets.js';
import type { ObservedRun } from '../contract/observed-run.js';
import type { TaskReport } from '../contract/task-report.js';

/** A part of a run that works on one cleanup target. */
export interface TargetPart {
  readonly runId: string;
  readonly target: CleanupTargetName;
}

/** A batch of a cleanup that is committed. */
export interface DeletedBatch {
  readonly target: CleanupTargetName;
  readonly rows: number;
  readonly durationMs: number;
}

/**
 * The metrics and the spans of runs. Nothing here throws or answers anything but what the work does; without OpenTelemetry nothing is done.
 * No type of OpenTelemetry's stands here, so that the declarations of the package compile where it is not installed.
 */
export interface RunTelemetry {
  /** Lets a run work in a span of its own and counts it. A dry run is traced, not counted. */
  readonly duringRun: <Report extends TaskReport>(run: ObservedRun, work: () => Promise<Report>) => Promise<Report>;
  /** Lets a run work on a target in a span below that of the run. */
  readonly duringTarget: (part: TargetPart, work: () => Promise<CleanupTargetReport>) => Promise<CleanupTargetReport>;
  /** Counts a run that was not made. */
  readonly runSkipped: (run: ObservedRun) => void;
  readonly batchDeleted: (batch: DeletedBatch) => void;
  readonly agentsSuspended: (count: number) => void;
}

/** DI token of the {@link RunTelemetry}. */
export const RUN_TELEMETRY = Symbol('TENXYTE_MAINTENANCE_RUN_TELEMETRY');
