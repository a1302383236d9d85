import type { CleanupTargetName } from './cleanup/targets/cleanup-targets.js';
import type { RunStatus, RunTrigger } from './contract/run-record.js';
import type { ReportedError, TaskReport } from './contract/task-report.js';
import type { Instant } from './database/instant.js';
import type { Vulnerability } from './dependency-scan/dependency-scan-report.js';

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

/** A run that failed: its status is `failed`, or it threw. A `partial` run is none. Comes right after the event that it finished. */
export interface RunFailedEvent extends RunEvent {
  /** Null when the run threw. */
  readonly report: TaskReport | null;
  /** Null when the report tells it part by part, as a cleanup does of which every target failed. */
  readonly error: ReportedError | null;
}

/** A run that was not made, as another one of its task went on, or one that found nothing to work on, such as no table. */
export interface RunSkippedEvent extends RunEvent {
  /** Null for a slot that was passed over. */
  readonly report: TaskReport | null;
  /** Why, such as `ALREADY_RUNNING`; null when the report gives no reason. */
  readonly error: ReportedError | null;
}

/** A cleanup target whose oldest due row has been due for longer than two intervals of the schedule. */
export interface FallingBehindEvent {
  /** The run after which it was found out; null when no run was the occasion. */
  readonly runId: string | null;
  readonly target: CleanupTargetName;
  readonly oldestDueSince: Instant | null;
  /** Whole seconds. */
  readonly oldestDueSeconds: number | null;
  readonly scheduleIntervalSeconds: number | null;
  readonly dueRows: number | null;
  /** True when `dueRows` is reckoned rather than counted. */
  readonly isEstimate: boolean;
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

/** A mass suspension that the brake refused: the server, not the agents, was most likely away. */
export interface MassSuspensionEvent {
  readonly runId: string;
  readonly monitored: number;
  readonly overdue: number;
}

/** A TOTP secret that none of the configured keys opens. It was left as it is. */
export interface SecretUndecryptableEvent {
  readonly runId: string;
  /** The key of the user's row. */
  readonly userId: string;
}

/** The first TOTP key has been in use for longer than `totp.maxKeyAgeDays`. */
export interface TotpKeyTooOldEvent {
  readonly runId: string;
  readonly keyInUseSince: Instant;
  /** Whole days. */
  readonly keyAgeDays: number;
  readonly maxKeyAgeDays: number;
}

/** A known vulnerability at or above the level of the scan. */
export interface VulnerabilityFoundEvent extends Vulnerability {
  readonly runId: string;
}

/** Every event by name, with its payload. */
export interface MaintenanceEventMap {
  'tenxyte-maintenance.run.started': RunEvent;
  'tenxyte-maintenance.run.finished': RunFinishedEvent;
  'tenxyte-maintenance.run.failed': RunFailedEvent;
  'tenxyte-maintenance.run.skipped': RunSkippedEvent;
  'tenxyte-maintenance.cleanup.falling-behind': FallingBehindEvent;
  'tenxyte-maintenance.agent.suspended': AgentSuspendedEvent;
  'tenxyte-maintenance.agents.mass-suspension-refused': MassSuspensionEvent;
  'tenxyte-maintenance.totp.secret-undecryptable': SecretUndecryptableEvent;
  'tenxyte-maintenance.totp.key-too-old': TotpKeyTooOldEvent;
  'tenxyte-maintenance.dependencies.vulnerability-found': VulnerabilityFoundEvent;
}

/** The name of an event, for `@OnEvent()`. */
export type MaintenanceEventName = keyof MaintenanceEventMap;
