import type { EventsByName } from '../contract/run-events.js';
import type { Instant } from '../database/instant.js';

/** An agent whose token was suspended because its heartbeat stopped. */
export interface AgentSuspendedEvent {
  readonly event: 'tenxyte-maintenance.agent.suspended';
  readonly runId: string;
  /** The id of the row in `agent_tokens`; never the token itself. */
  readonly id: string;
  readonly agentId: string;
  readonly lastHeartbeatAt: Instant | null;
  /** Whole seconds beyond the allowed silence. */
  readonly overdueSeconds: number;
  readonly suspendedAt: Instant;
}

/** A mass suspension that the brake refused: the server, not the agents, was most likely away. */
export interface MassSuspensionEvent {
  readonly event: 'tenxyte-maintenance.agents.mass-suspension-refused';
  readonly runId: string;
  readonly monitored: number;
  readonly overdue: number;
}

/** The events of the agent heartbeat monitor. */
export type AgentHeartbeatEvents = EventsByName<AgentSuspendedEvent | MassSuspensionEvent>;
