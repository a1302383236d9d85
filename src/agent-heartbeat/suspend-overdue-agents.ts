import { HeapWalk } from '../batches/heap-walk.js';
import { inBatches } from '../batches/in-batches.js';
import type { Heap } from '../database/stored-table.js';
import { isInterruption } from '../tasks/interruption.js';
import type { AgentHeartbeatResult, AgentHeartbeatRun } from './agent-heartbeat-plan.js';
import type { OverdueAgent } from './agent-heartbeat-report.js';
import { AgentHeartbeatTally } from './agent-heartbeat-tally.js';
import { type AgentStatusChange, expiry, type StatusChangeOutcome, suspension } from './agent-status-changes.js';
import type { AgentSurvey } from './agent-survey.js';

/** Expires what is past its expiry, then suspends who is overdue, in short transactions. */
export async function suspendOverdueAgents(
  run: AgentHeartbeatRun,
  survey: AgentSurvey,
  heaps: readonly Heap[],
): Promise<Pick<AgentHeartbeatResult, 'status' | 'suspended' | 'expired' | 'lockedAgents' | 'agents'>> {
  const { table, plan } = run;
  const { expireTokens } = plan.settings;
  const tally = new AgentHeartbeatTally();
  const expire = (): Promise<boolean> =>
    walkAll(run, heaps, expiry(table, plan.runAt, expireTokens), ({ rows, lockedRows }) => {
      tally.lockedAgents += lockedRows;
      tally.expired += rows;
    });
  const suspend = (): Promise<boolean> =>
    walkAll(run, heaps, suspension(table, plan.runAt, expireTokens), ({ changed, lockedRows }) => {
      const agents = changed as readonly OverdueAgent[];
      tally.lockedAgents += lockedRows;
      tally.addSuspended(agents);
      if (agents.length > 0) {
        plan.onSuspended(agents);
      }
    });
  const isComplete = (survey.expired === 0 || (await expire())) && (survey.overdue === 0 || (await suspend()));
  const { suspended, expired, lockedAgents, agents } = tally;
  return { status: isComplete ? 'succeeded' : 'stopped', suspended, expired, lockedAgents, agents };
}

type RecordOutcome = (outcome: StatusChangeOutcome) => void;

/** Answers false when the run was stopped with work left. */
async function walkAll(
  run: AgentHeartbeatRun,
  heaps: readonly Heap[],
  change: AgentStatusChange,
  record: RecordOutcome,
): Promise<boolean> {
  const { signal } = run.plan;
  try {
    for (const heap of heaps) {
      if (signal.aborted || !(await walk(run, heap, change, record))) {
        return false;
      }
    }
    return true;
  } catch (error) {
    if (isInterruption(error, signal)) {
      return false;
    }
    throw error;
  }
}

/** A suspension is on the disk before anyone hears of it. */
async function walk(
  { queryRunner, plan }: AgentHeartbeatRun,
  heap: Heap,
  change: AgentStatusChange,
  record: RecordOutcome,
): Promise<boolean> {
  const { limits, beforeBatch, signal } = plan;
  const batches = inBatches({
    queryRunner,
    walk: new HeapWalk(heap, { isDurable: true }),
    operation: change(heap),
    limits: { ...limits, beforeBatch },
  });
  for await (const batch of batches) {
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
