import type { Metric } from '../contract/metric.js';

/** The metrics of the cleanup; those of its backlog stand with that. */
export const CLEANUP_METRICS = {
  deletedRows: {
    name: 'tenxyte.maintenance.cleanup.rows',
    kind: 'counter',
    description: 'Rows that cleanups deleted',
    unit: '{row}',
  },
  batchDuration: {
    name: 'tenxyte.maintenance.cleanup.batch.duration',
    kind: 'histogram',
    description: 'Duration of the transactions that cleanups delete in',
    unit: 's',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** The attributes of the cleanup's metrics and spans. */
export const CLEANUP_ATTRIBUTES = {
  target: 'tenxyte.maintenance.cleanup.target',
  targetStatus: 'tenxyte.maintenance.cleanup.target.status',
  rows: 'tenxyte.maintenance.cleanup.target.rows',
  lockedRows: 'tenxyte.maintenance.cleanup.target.locked_rows',
  batches: 'tenxyte.maintenance.cleanup.target.batches',
  strategy: 'tenxyte.maintenance.cleanup.target.strategy',
  skipReason: 'tenxyte.maintenance.cleanup.target.skip_reason',
} as const;

/** The name of the span of one target, below that of its run. */
export const TARGET_SPAN = 'tenxyte.maintenance.cleanup.target';
