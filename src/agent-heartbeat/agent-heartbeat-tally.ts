import type { Instant } from '../database/instant.js';
import type { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import { MAX_REPORTED_AGENTS, type OverdueAgent } from './agent-heartbeat-report.js';
import type { AgentHeartbeatEvents } from './agent-heartbeat.events.js';

/** Adds up what the batches of a run did. Holds no more agents than a report lists. */
export class AgentHeartbeatTally {
  public suspended = 0;
  public expired = 0;
  public lockedAgents = 0;
  /** Due tokens that a trigger or rule kept from the change. */
  public keptAgents = 0;
  private longestOverdue: readonly OverdueAgent[] = [];

  public get agents(): readonly OverdueAgent[] {
    return this.longestOverdue;
  }

  public addSuspended(agents: readonly OverdueAgent[]): void {
    this.suspended += agents.length;
    this.longestOverdue = [...this.longestOverdue, ...agents].sort(longestOverdueFirst).slice(0, MAX_REPORTED_AGENTS);
  }
}

/** Agents that are overdue alike go by their key, a number in text, as they do in the dry run. */
function longestOverdueFirst(one: OverdueAgent, other: OverdueAgent): number {
  return other.overdueSeconds - one.overdueSeconds || one.id.length - other.id.length || (one.id < other.id ? -1 : 1);
}

/** Agents kept for the warning; the events tell of all. */
const KEPT = 10;

/** The agents that a run has suspended so far. */
export class SuspendedAgents {
  public count = 0;
  public readonly first: OverdueAgent[] = [];

  public constructor(
    private readonly runId: string,
    private readonly suspendedAt: Instant,
    private readonly events: MaintenanceEvents<AgentHeartbeatEvents>,
  ) {}

  /** Takes in the agents of a committed batch, and emits an event for each. */
  public add(agents: readonly OverdueAgent[]): void {
    this.count += agents.length;
    this.first.push(...agents.slice(0, KEPT - this.first.length));
    const { runId, suspendedAt } = this;
    for (const agent of agents) {
      this.events.emit('tenxyte-maintenance.agent.suspended', { runId, ...agent, suspendedAt });
    }
  }
}
