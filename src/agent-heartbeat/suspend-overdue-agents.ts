import { HeapWalk } from '../batches/heap-walk.js';
import { inBatches } from '../batches/in-batches.js';
import type { Heap } from '../database/stored-table.js';
import { isInterruption } from '../tasks/interruption.js';
import type { AgentHeartbeatResult, AgentHeartbeatRun } from './agent-heartbeat-plan.js';
import type { OverdueAgent } from './agent-heartbeat-report.js';
import { AgentHeartbeatTally } from './agent-heartbeat-tally.js';
import { type AgentStatusChange, expiry, type StatusChangeOutcome, suspension } from './agent-status-changes.js';
import type { AgentSurvey } from './agent-survey.js';

/** One way through all heaps: what is changed, and what is made of it. */
interface Pass {
  readonly change: AgentStatusChange;
  readonly record: (outcome: StatusChangeOutcome) => void;
}

/** Expires what is past its expiry, then suspends who is overdue, in short transactions. */
export async function suspendOverdueAgents(
  run: AgentHeartbeatRun,
  survey: AgentSurvey,
  heaps: readonly Heap[],
): Promise<Pick<AgentHeartbeatResult, 'status' | 'suspended' | 'expired' | 'lockedAgents' | 'agents'>> {
  const tally = new AgentHeartbeatTally();
  let isComplete = true;
  for (const pass of passes(run, survey, tally)) {
    for (const heap of heaps) {
      isComplete = isComplete && (await walk(run, heap, pass, tally));
    }
  }
  const { suspended, expired, lockedAgents, agents } = tally;
  return { status: isComplete ? 'succeeded' : 'stopped', suspended, expired, lockedAgents, agents };
}

function passes(
  { table, plan }: AgentHeartbeatRun,
  { overdue, expired }: AgentSurvey,
  tally: AgentHeartbeatTally,
): readonly Pass[] {
  const terms = { table, runAt: plan.runAt, expireTokens: plan.settings.expireTokens };
  const expiring: Pass = {
    change: expiry(terms),
    record: ({ rows }) => {
      tally.expired += rows;
    },
  };
  const suspending: Pass = {
    change: suspension(terms),
    record: ({ changed }) => {
      const agents = changed as readonly OverdueAgent[];
      tally.addSuspended(agents);
      if (agents.length > 0) {
        plan.onSuspended(agents);
      }
    },
  };
  return [...(expired > 0 ? [expiring] : []), ...(overdue > 0 ? [suspending] : [])];
}

/** Answers false when the run was stopped with work left. */
async function walk(run: AgentHeartbeatRun, heap: Heap, pass: Pass, tally: AgentHeartbeatTally): Promise<boolean> {
  const { signal } = run.plan;
  try {
    return !signal.aborted && (await walkToTheEnd(run, heap, pass, tally));
  } catch (error) {
    if (isInterruption(error, signal)) {
      return false;
    }
    throw error;
  }
}

/** A suspension is on the disk before anyone hears of it. */
async function walkToTheEnd(
  { queryRunner, plan }: AgentHeartbeatRun,
  heap: Heap,
  { change, record }: Pass,
  tally: AgentHeartbeatTally,
): Promise<boolean> {
  const { limits, beforeBatch, signal } = plan;
  const batches = inBatches({
    queryRunner,
    walk: new HeapWalk(heap, { isDurable: true }),
    operation: change(heap),
    limits: { ...limits, beforeBatch },
  });
  for await (const batch of batches) {
    tally.lockedAgents += batch.lockedRows;
    record(batch);
    if (batch.fraction === 1) {
      break;
    }
    if (signal.aborted) {
      return false;
    }
  }
  return true;
}
