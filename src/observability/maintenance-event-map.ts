import type { Instant } from '../database/instant.js';
import type { RunStatus, RunTrigger } from '../tasks/run-record.js';
import type { ReportedError, TaskReport } from '../tasks/task-report.js';

/** A run that began or ended. */
export interface RunEvent {
  /** Such as `cleanup`. */
  readonly task: string;
  readonly runId: string;
  readonly trigger: RunTrigger;
  /** The scheduled time, ISO 8601; null for a run started by hand. */
  readonly slot: string | null;
}

/** How a run ended. */
export interface RunFinishedEvent extends RunEvent {
  readonly status: Exclude<RunStatus, 'running' | 'lost'>;
  /** The report of the task; null when it threw before there was one. */
  readonly report: TaskReport | null;
  readonly error: ReportedError | null;
}

/** An agent whose token was suspended because its heartbeat stopped. */
export interface AgentSuspendedEvent {
  readonly runId: string;
  /** The id of the row in `agent_tokens`; never the token itself. */
  readonly id: string;
  readonly agentId: string;
  readonly lastHeartbeatAt: Instant | null;
  /** Whole seconds beyond the allowed silence. */
  readonly overdueSeconds: number;
  readonly suspendedAt: Instant;
}

/** A mass suspension that the breaker refused: the server, not the agents, was most likely away. */
export interface MassSuspensionEvent {
  readonly runId: string;
  readonly monitored: number;
  readonly overdue: number;
}

/** Every event by name, with its payload. */
export interface MaintenanceEventMap {
  'tenxyte-maintenance.run.started': RunEvent;
  'tenxyte-maintenance.run.finished': RunFinishedEvent;
  'tenxyte-maintenance.agent.suspended': AgentSuspendedEvent;
  'tenxyte-maintenance.agents.mass-suspension-refused': MassSuspensionEvent;
}

/** The name of an event, for `@OnEvent()`. */
export type MaintenanceEventName = keyof MaintenanceEventMap;
