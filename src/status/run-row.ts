import type { Instant } from '../database/instant.js';
import { instantSql } from '../database/instant.js';
import type { RunFigures } from './run-figures.js';
import { figuresSql } from './run-figures.js';
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
