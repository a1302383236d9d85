import type { OverdueAgent } from './agent-heartbeat-report.js';
import { MAX_REPORTED_AGENTS } from './agent-heartbeat-report.js';

/** Adds up what the batches of a run did. Holds no more agents than a report lists. */
export class AgentHeartbeatTally {
  public suspended = 0;
  public expired = 0;
  public lockedAgents = 0;
  private longestOverdue: readonly OverdueAgent[] = [];

  public get agents(): readonly OverdueAgent[] {
    return this.longestOverdue;
  }

  /** Adds agents that were suspended. */
  public addSuspended(agents: readonly OverdueAgent[]): void {
    this.suspended += agents.length;
    this.longestOverdue = [...this.longestOverdue, ...agents].sort(longestOverdueFirst).slice(0, MAX_REPORTED_AGENTS);
  }
}

/** Agents that are overdue alike go by their key, a number in text, as they do in the dry run. */
function longestOverdueFirst(one: OverdueAgent, other: OverdueAgent): number {
  return other.overdueSeconds - one.overdueSeconds || one.id.length - other.id.length || (one.id < other.id ? -1 : 1);
}
