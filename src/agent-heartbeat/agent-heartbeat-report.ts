import type { ReportedError, TaskReport } from '../contract/task-report.js';
import type { Instant } from '../database/instant.js';

/** Lists of a report are cut at this many entries; its counts are whole. */
export const MAX_REPORTED_AGENTS = 100;

/** An agent that stopped sending heartbeats. */
export interface OverdueAgent {
  /** The key of its token's row. */
  readonly id: string;
  /** The name that the host gave the agent. */
  readonly agentId: string;
  /** Null when it never sent one, and is judged by the creation of its token, or when it is `-infinity`. */
  readonly lastHeartbeatAt: Instant | null;
  /**
   * Whole seconds, rounded down, by which the agent had been silent for longer than it may be at the time of the run: `runAt` less the
   * last heartbeat less `heartbeat_required_every`. 9,007,199,254,740,991 when the last heartbeat is `-infinity`.
   */
  readonly overdueSeconds: number;
}

/** The report of a check of the agents' heartbeats. */
export interface AgentHeartbeatReport extends TaskReport {
  readonly task: 'agent-heartbeat';
  /**
   * ACTIVE tokens of which heartbeats are required, when the run began. With `expireTokens`, a token past its `expires_at` is not one of
   * them: it is expired, whether overdue or not.
   */
  readonly monitored: number;
  /** Agents suspended or, in a dry run, agents that would be. */
  readonly suspended: number;
  /** Tokens that became EXPIRED or, in a dry run, would; 0 without `expireTokens`. */
  readonly expired: number;
  /** Agents left to the next run because someone else locked or changed their token meanwhile. */
  readonly lockedAgents: number;
  /** The suspended agents that were silent for longest, at most 100, the longest first. */
  readonly agents: readonly OverdueAgent[];
  /** Why the run failed or was skipped. */
  readonly error?: ReportedError;
}
