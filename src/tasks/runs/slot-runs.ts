import type { QueryRunner } from 'typeorm';
import type { ClaimOutcome, RunClaim } from '../../contract/run-record.js';
import { BRIEF_READING, briefly } from '../../database/brief-statement.js';
import { type Instant, instantSql } from '../../database/instant.js';

/** The run of a slot that somebody made before. */
export interface RunOfSlot {
  readonly runId: string;
  readonly owner: string;
  readonly startedAt: Instant;
  readonly status: string;
  /** True while it goes on under a lease. */
  readonly isAtWork: boolean;
  /** False when it failed, was lost, or was stopped by an accident or for a while, and no run of the task has done its work since. */
  readonly isDone: boolean;
}

/** The answer to a claim for a slot that may be tried again. */
export type SlotOutcome = ClaimOutcome & {
  /** The claim that it is the answer to. */
  readonly claim: RunClaim;
  /** The run that took the slot; undefined when that is not the answer, or it is gone by now. */
  readonly slotRun?: RunOfSlot | undefined;
};

/** Ends that are meant to be: what such a run left, the next slot does. */
const MEANT_TO_END = ['cancelled', 'time-budget'];

/** @param runs the table, escaped for SQL */
export async function runOfSlot(
  queryRunner: QueryRunner,
  runs: string,
  { task, slot }: Pick<RunClaim, 'task' | 'slot'>,
): Promise<RunOfSlot | undefined> {
  const [found] = await briefly<RunOfSlot>(
    queryRunner,
    BRIEF_READING,
    `
    select run.id::pg_catalog.text as "runId", run.owner, run.status, ${instantSql('run.started_at')} as "startedAt",
           run.status operator(pg_catalog.=) 'running' and run.lease_expires_at operator(pg_catalog.>=) pg_catalog.now()
             as "isAtWork",
           run.status operator(pg_catalog.=) any ('{succeeded,partial,skipped}'::pg_catalog.text[])
             or coalesce(run.stop_reason operator(pg_catalog.=) any ($3::pg_catalog.text[]), false)
             or exists (
               select
               from ${runs} as later
               where later.task operator(pg_catalog.=) run.task
                 and later.started_at operator(pg_catalog.>) run.started_at
                 and later.status operator(pg_catalog.=) any ('{succeeded,partial}'::pg_catalog.text[])
             ) as "isDone"
    from ${runs} as run
    where run.task operator(pg_catalog.=) $1::pg_catalog.text
      and run.slot operator(pg_catalog.=) $2::pg_catalog.timestamptz`,
    [task, slot, `{${MEANT_TO_END.join(',')}}`],
  );
  return found;
}

/**
 * Claims a slot for somebody who tries a failed run again. A slot is one row for good: where its run has not done its work, and nobody else's
 * has since, the next attempt is a run without a slot.
 */
export async function claimSlot(
  claim: RunClaim,
  attempt: (claim: RunClaim) => Promise<ClaimOutcome>,
  findRun: () => Promise<RunOfSlot | undefined>,
): Promise<SlotOutcome> {
  const outcome = await attempt(claim);
  const slotRun = outcome.kind === 'taken' ? await findRun() : undefined;
  if (slotRun?.isAtWork === true) {
    return { kind: 'busy', other: slotRun, at: outcome.at, claim };
  }
  if (slotRun === undefined || slotRun.isDone) {
    return { ...outcome, claim, slotRun };
  }
  const again = { ...claim, slot: null };
  return { ...(await attempt(again)), claim: again };
}
