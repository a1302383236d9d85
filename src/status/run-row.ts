import { attributionSql } from '../contract/attribution.js';
import type { ReportFields } from '../contract/maintenance-task.js';
import type { ProgressSnapshot } from '../contract/progress-snapshot.js';
import type { ReportedError } from '../contract/task-report.js';
import { type Instant, instantSql } from '../database/instant.js';
import { isRetryable } from '../errors/error-codes.js';
import type { RunSummary } from './run-summary.js';

/** An error as some release recorded it. */
type RecordedError = Omit<ReportedError, 'retryable'> & Partial<Pick<ReportedError, 'retryable'>>;

/** A run as {@link runColumns} reads it. */
export interface RunRow extends Omit<RunSummary, 'summary' | 'error'> {
  readonly error: RecordedError | null;
  /** As it was recorded at the end; null before. */
  readonly summary: string | null;
  /** The numbers and words of the report; null without one. */
  readonly fields: ReportFields | null;
  /** When the lease of a run that goes on runs out; null for one that ended. */
  readonly leaseExpiresAt: Instant | null;
  /** How far a run that goes on, or was lost, is; null when it did not tell. */
  readonly progress: ProgressSnapshot | null;
}

/**
 * The columns of a {@link RunRow}, to be selected from the table of runs under the name `run`.
 *
 * @param at the database's time as SQL, by which leases are judged
 */
export function runColumns(at: string): string {
  return `
    run.id::pg_catalog.text as "runId",
    run.task,
    run.trigger,
    ${instantSql('run.slot')} as slot,
    run.owner,
    ${effectiveStatus(at)} as status,
    ${instantSql('run.started_at')} as "startedAt",
    ${instantSql('run.finished_at')} as "finishedAt",
    case
      when run.status operator(pg_catalog.<>) all (array['running', 'lost'])
      then pg_catalog.round(
        extract(epoch from run.finished_at operator(pg_catalog.-) run.started_at) operator(pg_catalog.*) 1000
      )::pg_catalog.float8
    end as "durationMs",
    case
      when run.status operator(pg_catalog.=) 'running' then ${instantSql('run.lease_expires_at')}
    end as "leaseExpiresAt",
    run.progress,
    run.stop_reason as "stopReason",
    run.force,
    run.engine,
    run.engine_job as "engineJob",
    ${attributionSql('run.actor', 'run.reason')} as "startedBy",
    ${instantSql('run.cancel_requested_at')} as "cancelRequestedAt",
    ${attributionSql('run.cancel_actor', 'run.cancel_reason')} as "cancelledBy",
    run.error,
    run.summary,
    (
      select pg_catalog.jsonb_object_agg(field.key, field.value)
      from pg_catalog.jsonb_each(
        case when pg_catalog.jsonb_typeof(run.report) operator(pg_catalog.=) 'object' then run.report end
      ) as field
      where pg_catalog.jsonb_typeof(field.value) operator(pg_catalog.=) any (array['number', 'string', 'boolean'])
    ) as fields`;
}

/** SQL for the status of a run, where one whose lease ran out counts as lost, which the next claim makes it. */
export function effectiveStatus(at: string): string {
  return `
    case
      when run.status operator(pg_catalog.=) 'running' and run.lease_expires_at operator(pg_catalog.<) ${at} then 'lost'
      else run.status
    end`;
}

/** The summary of a row. */
export function toSummary(row: RunRow): RunSummary {
  const { runId, task, trigger, slot, engine, engineJob, owner, force, startedBy, startedAt } = row;
  const { status, finishedAt, durationMs, stopReason, cancelRequestedAt, cancelledBy, error } = row;
  const begin = { runId, task, trigger, slot, engine, engineJob, owner, force, startedBy, startedAt };
  const end = { status, finishedAt, durationMs, stopReason, cancelRequestedAt, cancelledBy };
  return { ...begin, ...end, summary: summaryOf(row), error: error && whole(error) };
}

/** An error as an older release recorded it does not say whether a retry can help. */
function whole(error: RecordedError): ReportedError {
  return { ...error, retryable: error.retryable ?? isRetryable(error.code) };
}

function summaryOf({ status, summary, error }: RunRow): string {
  switch (status) {
    case 'running':
      return 'at work';
    case 'lost':
      return 'its process crashed or lost touch with the database';
    default:
      return summary ?? error?.message ?? status;
  }
}
