import type { SpanEnd, Telemetry } from '../telemetry/telemetry.js';
import type { CleanupTargetReport } from './cleanup-report.js';
import { CLEANUP_ATTRIBUTES, CLEANUP_METRICS, TARGET_SPAN } from './cleanup.metrics.js';
import type { CleanedTargetName } from './targets/cleanup-targets.js';

/** A batch of a cleanup that is committed. */
export interface DeletedBatch {
  readonly target: CleanedTargetName;
  readonly rows: number;
  readonly durationMs: number;
}

/** Lets a run work on a target in a span below that of the run. */
export async function traceTarget(
  telemetry: Telemetry,
  { runId, target }: { readonly runId: string; readonly target: CleanedTargetName },
  work: () => Promise<CleanupTargetReport>,
): Promise<CleanupTargetReport> {
  const attributes = { [CLEANUP_ATTRIBUTES.target]: target };
  return telemetry.trace({ name: TARGET_SPAN, runId, isRun: false, attributes, endOf: endOfTarget }, work);
}

/** Counts the rows of a committed batch, whatever comes after. */
export function recordBatch({ record }: Telemetry, { target, rows, durationMs }: DeletedBatch): void {
  const attributes = { [CLEANUP_ATTRIBUTES.target]: target };
  record(CLEANUP_METRICS.deletedRows, rows, attributes);
  record(CLEANUP_METRICS.batchDuration, durationMs / 1000, attributes);
}

function endOfTarget({ status, rows, lockedRows, batches, strategy, skipReason, error }: CleanupTargetReport): SpanEnd {
  return {
    attributes: {
      [CLEANUP_ATTRIBUTES.targetStatus]: status,
      [CLEANUP_ATTRIBUTES.rows]: rows,
      [CLEANUP_ATTRIBUTES.lockedRows]: lockedRows,
      [CLEANUP_ATTRIBUTES.batches]: batches,
      ...(strategy === null ? {} : { [CLEANUP_ATTRIBUTES.strategy]: strategy }),
      ...(skipReason === undefined ? {} : { [CLEANUP_ATTRIBUTES.skipReason]: skipReason }),
    },
    ...(error === undefined ? {} : { errorCode: error.code }),
  };
}
