import type { Instant } from '../database/instant.js';
import type { MaintenanceEvents } from '../telemetry/maintenance-events.js';
import type { OverdueAgent } from './agent-heartbeat-report.js';

/** So many agents are kept for the warning; the events tell of all. */
const KEPT = 10;

/** The agents that a run has suspended so far. */
export class SuspendedAgents {
  public count = 0;
  public readonly first: OverdueAgent[] = [];

  public constructor(
    private readonly runId: string,
    private readonly events: MaintenanceEvents,
  ) {}

  /** Takes in the agents of a committed batch, and emits an event for each. */
  public add(agents: readonly OverdueAgent[], suspendedAt: Instant): void {
    this.count += agents.length;
    this.first.push(...agents.slice(0, KEPT - this.first.length));
    for (const agent of agents) {
      this.events.emit('tenxyte-maintenance.agent.suspended', { runId: this.runId, ...agent, suspendedAt });
    }
  }
}
