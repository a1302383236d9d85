import { failure } from '../contract/task-report.js';
import { HeapWalk } from '../batches/heap-walk.js';
import { inBatches } from '../batches/in-batches.js';
import type { BatchOperation } from '../batches/batch-operation.js';
import { isConnectionLost, reportedCode } from '../database/sql-state.js';
import type { StoredTable } from '../database/stored-table.js';
import { errorMessage } from '../errors/error-message.js';
import { isInterruption } from '../tasks/interruption.js';
import { countOf } from '../text/format.js';
import { withoutPrototype } from '../validation/own-properties.js';
import type { AgentHeartbeatResult, AgentHeartbeatRun } from './agent-heartbeat-plan.js';
import type { OverdueAgent } from './agent-heartbeat-report.js';
import { AgentHeartbeatTally } from './agent-heartbeat-tally.js';
import { type AgentStatusChange, expiry, type StatusChangeOutcome, suspension } from './agent-status-changes.js';
import type { AgentSurvey } from './agent-survey.js';

/** Expires what is past its expiry, then suspends who is overdue, in short transactions. */
export async function suspendOverdueAgents(
  run: AgentHeartbeatRun,
  survey: AgentSurvey,
  stored: StoredTable,
): Promise<Pick<AgentHeartbeatResult, 'status' | 'suspended' | 'expired' | 'lockedAgents' | 'agents' | 'error'>> {
  const { table, plan } = run;
  const { expireTokens } = plan.settings;
  const tally = new AgentHeartbeatTally();
  const expire = (): Promise<boolean> =>
    walkAll(run, stored, expiry(table, plan.runAt, expireTokens), ({ rows, lockedRows, keptRows }) => {
      tally.lockedAgents += lockedRows;
      tally.keptAgents += keptRows;
      tally.expired += rows;
    });
  const suspend = (): Promise<boolean> =>
    walkAll(run, stored, suspension(table, plan.runAt, expireTokens), ({ changed, lockedRows, keptRows }) => {
      const agents = changed as readonly OverdueAgent[];
      tally.lockedAgents += lockedRows;
      tally.keptAgents += keptRows;
      tally.addSuspended(agents);
      if (agents.length > 0) {
        plan.onSuspended(agents);
      }
    });
  const work = async (): Promise<Ending> => {
    const isComplete = (survey.expired === 0 || (await expire())) && (survey.overdue === 0 || (await suspend()));
    return isComplete ? endingOf(tally, stored) : { status: 'stopped' };
  };
  const ending = await work().catch((error: unknown): Ending => {
    // What was done before has to be told.
    if (tally.suspended + tally.expired === 0 && !isConnectionLost(error)) {
      throw error;
    }
    const message = `${errorMessage(error)}; the next run goes on`;
    return { status: 'failed', error: failure(reportedCode(error), message) };
  });
  const { suspended, expired, lockedAgents, agents } = tally;
  return { suspended, expired, lockedAgents, agents, ...ending };
}

type Ending = Pick<AgentHeartbeatResult, 'status' | 'error'>;

/** An agent that goes on working although its heartbeat stopped is no success, whoever saw to it. */
function endingOf({ keptAgents }: AgentHeartbeatTally, { attached }: StoredTable): Ending {
  if (keptAgents === 0) {
    return { status: 'succeeded' };
  }
  const keepers = attached.filter(({ onUpdate, effect }) => onUpdate && effect !== 'bypassed');
  const names = keepers.map(({ kind, name }) => `${kind} ${name}`).join(' or the ');
  const message = `${countOf(keptAgents, 'token')} kept the old status although nobody held it: see the ${names}`;
  return { status: 'failed', error: failure('AGENTS_KEPT', message) };
}

type RecordOutcome = (outcome: StatusChangeOutcome) => void;

/** Answers false when the run was stopped with work left. */
async function walkAll(
  run: AgentHeartbeatRun,
  { heaps, attached }: StoredTable,
  change: AgentStatusChange,
  record: RecordOutcome,
): Promise<boolean> {
  const { signal } = run.plan;
  try {
    for (const heap of heaps) {
      if (signal.aborted || !(await walk(run, change(heap, attached), record))) {
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
  operation: BatchOperation<StatusChangeOutcome>,
  record: RecordOutcome,
): Promise<boolean> {
  const { limits, beforeBatch, signal } = plan;
  const batches = inBatches(
    // The signal is looked at here: another one, from Object.prototype, must not end the walk.
    withoutPrototype({
      queryRunner,
      walk: new HeapWalk(operation.heap, { isDurable: true }),
      operation,
      limits: { ...limits, beforeBatch },
    }),
  );
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
