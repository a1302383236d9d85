import { type Instant, instantSql } from '../database/instant.js';
import { figuresSql, type RunFigures } from './run-figures.js';
import type { RunSummary } from './run-summary.js';
import { summaryOf } from './summary-of.js';

/** A run as {@link runColumns} reads it. */
export interface RunRow extends Omit<RunSummary, 'summary'> {
  /** Null without a report. */
  readonly figures: RunFigures | null;
  /** When the lease of a run that goes on runs out; null for one that ended. */
  readonly leaseExpiresAt: Instant | null;
}

/**
 * The columns of a {@link RunRow}, to be selected from the table of runs under the name `run`.
 *
 * @param at the database's time as SQL, by which leases are judged
 */
export function runColumns(at: string): string {
  return `
    run.id::text as "runId",
    run.task,
    run.trigger,
    ${instantSql('run.slot')} as slot,
    run.owner,
    ${effectiveStatus(at)} as status,
    ${instantSql('run.started_at')} as "startedAt",
    ${instantSql('run.finished_at')} as "finishedAt",
    case
      when run.status not in ('running', 'lost')
      then round(extract(epoch from run.finished_at - run.started_at) * 1000)::float8
    end as "durationMs",
    case when run.status = 'running' then ${instantSql('run.lease_expires_at')} end as "leaseExpiresAt",
    run.error,
    ${figuresSql('run.report')} as figures`;
}

/** SQL for the status of a run, where one whose lease ran out counts as lost, which the next claim makes it. */
export function effectiveStatus(at: string): string {
  return `case when run.status = 'running' and run.lease_expires_at < ${at} then 'lost' else run.status end`;
}

/** The summary of a row. */
export function toSummary(row: RunRow): RunSummary {
  const { runId, task, trigger, slot, owner, status, startedAt, finishedAt, durationMs, error } = row;
  const summary = summaryOf(row);
  return { runId, task, trigger, slot, owner, status, startedAt, finishedAt, durationMs, summary, error };
}

/**
 * Errors of partial runs that did all there was to do, and found what only a person can see to: such a run warns, but is neither late nor
 * failing, or a health endpoint would stay down for one damaged row.
 */
const FINDINGS: readonly string[] = ['TOTP_UNDECRYPTABLE'];

/** True for a run that succeeded, or was partial for its findings alone. */
export function isComplete({ status, error }: Pick<RunRow, 'status' | 'error'>): boolean {
  return status === 'succeeded' || (status === 'partial' && FINDINGS.includes(error?.code ?? ''));
}

/** The same as SQL, of a row of the table of runs under the name `run`. */
export function completeSql(): string {
  const findings = FINDINGS.map((code) => `'${code}'`).join(', ');
  return `(run.status = 'succeeded' or (run.status = 'partial' and run.error ->> 'code' in (${findings})))`;
}
