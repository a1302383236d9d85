import type { Metric } from '../contract/metric.js';

/**
 * The attributes of every run's metrics and spans. Names are API. Those of metrics have few values each: none names a run, a row or a
 * person.
 */
export const RUN_ATTRIBUTES = {
  task: 'tenxyte.maintenance.task',
  runId: 'tenxyte.maintenance.run.id',
  trigger: 'tenxyte.maintenance.run.trigger',
  slot: 'tenxyte.maintenance.run.slot',
  status: 'tenxyte.maintenance.run.status',
  dryRun: 'tenxyte.maintenance.run.dry_run',
  dataSource: 'tenxyte.maintenance.data_source',
  /** Of OpenTelemetry's own conventions. */
  errorType: 'error.type',
} as const;

/** The name of the span of a run. */
export const RUN_SPAN = 'tenxyte.maintenance.run';

/** The metrics of every run; those of one task stand with it. */
export const RUN_METRICS = {
  runs: {
    name: 'tenxyte.maintenance.runs',
    kind: 'counter',
    description: 'Runs that ended, and runs that were not made (status skipped)',
    unit: '{run}',
  },
  runDuration: {
    name: 'tenxyte.maintenance.run.duration',
    kind: 'histogram',
    description: 'Duration of runs',
    unit: 's',
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600],
  },
} as const satisfies Readonly<Record<string, Metric>>;
