import type { MetricOptions } from '@opentelemetry/api';

/** The attributes of metrics and spans. Names are API. Those of metrics have few values each: none names a run, a row or a person. */
export const ATTRIBUTES = {
  task: 'tenxyte.maintenance.task',
  runId: 'tenxyte.maintenance.run.id',
  trigger: 'tenxyte.maintenance.run.trigger',
  slot: 'tenxyte.maintenance.run.slot',
  status: 'tenxyte.maintenance.run.status',
  dryRun: 'tenxyte.maintenance.run.dry_run',
  target: 'tenxyte.maintenance.cleanup.target',
  targetStatus: 'tenxyte.maintenance.cleanup.target.status',
  rows: 'tenxyte.maintenance.cleanup.target.rows',
  lockedRows: 'tenxyte.maintenance.cleanup.target.locked_rows',
  batches: 'tenxyte.maintenance.cleanup.target.batches',
  strategy: 'tenxyte.maintenance.cleanup.target.strategy',
  skipReason: 'tenxyte.maintenance.cleanup.target.skip_reason',
  dataSource: 'tenxyte.maintenance.data_source',
  severity: 'tenxyte.maintenance.dependencies.severity',
  secretBefore: 'tenxyte.maintenance.totp.secret.before',
  /** Of OpenTelemetry's own conventions. */
  errorType: 'error.type',
} as const;

/** A metric: its name, and what the API takes beside it. */
export interface MetricDefinition extends MetricOptions {
  readonly name: string;
}

/** The metrics by role. Names and units are API: dashboards and alerts stand on them. */
export const METRICS = {
  runs: {
    name: 'tenxyte.maintenance.runs',
    description: 'Runs that ended, and runs that were not made (status skipped)',
    unit: '{run}',
  },
  runDuration: {
    name: 'tenxyte.maintenance.run.duration',
    description: 'Duration of runs',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600] },
  },
  deletedRows: {
    name: 'tenxyte.maintenance.cleanup.rows',
    description: 'Rows that cleanups deleted',
    unit: '{row}',
  },
  batchDuration: {
    name: 'tenxyte.maintenance.cleanup.batch.duration',
    description: 'Duration of the transactions that cleanups delete in',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15] },
  },
  suspendedAgents: {
    name: 'tenxyte.maintenance.agents.suspended',
    description: 'Agents suspended as their heartbeats stopped',
    unit: '{agent}',
  },
  rotatedSecrets: {
    name: 'tenxyte.maintenance.totp.secrets.rotated',
    description: 'TOTP secrets encrypted under the first key',
    unit: '{secret}',
  },
  undecryptableSecrets: {
    name: 'tenxyte.maintenance.totp.secrets.undecryptable',
    description: 'TOTP secrets that no key opened at the last rotation of this process',
    unit: '{secret}',
  },
  findings: {
    name: 'tenxyte.maintenance.dependencies.findings',
    description: 'Known vulnerabilities that the last scan of this process found',
    unit: '{finding}',
  },
  dueRows: {
    name: 'tenxyte.maintenance.backlog.rows',
    description: 'Rows that a cleanup would delete now',
    unit: '{row}',
  },
  oldestDue: {
    name: 'tenxyte.maintenance.backlog.oldest.age',
    description: 'For how long the oldest due row has been due',
    unit: 's',
  },
  tableSize: {
    name: 'tenxyte.maintenance.backlog.table.size',
    description: 'Size of the table with its indexes',
    unit: 'By',
  },
  fallingBehind: {
    name: 'tenxyte.maintenance.backlog.falling_behind',
    description: '1 when the oldest due row has been due for longer than two intervals of the schedule, else 0',
    unit: '1',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
