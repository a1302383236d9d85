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
