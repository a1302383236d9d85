import type { QueryRunner } from 'typeorm';
import type { BatchLimits } from '../batches/batch-limits.js';
import type { Instant } from '../database/instant.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { OwnerAssertion } from '../tenxyte/tenxyte-tables.js';
import type { AgentHeartbeatReport, OverdueAgent } from './agent-heartbeat-report.js';
import type { CompleteAgentHeartbeatSettings } from './agent-heartbeat-settings.js';
import type { MassSuspension } from './mass-suspension.js';

/** A check as it was decided. */
export interface AgentHeartbeatPlan {
  readonly settings: Pick<CompleteAgentHeartbeatSettings, 'expireTokens' | 'massSuspensionBrake'>;
  readonly isDryRun: boolean;
  /** The time as of which agents are judged, and which their rows bear. */
  readonly runAt: Instant;
  readonly limits: Omit<BatchLimits, 'beforeBatch'>;
  /** Awaited before each batch; see {@link BatchLimits.beforeBatch}. */
  readonly beforeBatch: (queryRunner: QueryRunner) => Promise<void>;
  readonly assertOwner: OwnerAssertion;
  /** Names of the option `cleanup.acknowledge`. */
  readonly acknowledge: readonly string[];
  /** Stops the run between two batches. */
  readonly signal: AbortSignal;
  /** Told after each committed batch of the agents suspended in it. What it throws ends the run. */
  readonly onSuspended: (agents: readonly OverdueAgent[]) => void;
}

/** The outcome of a check. */
export interface AgentHeartbeatResult extends Pick<
  AgentHeartbeatReport,
  'status' | 'monitored' | 'suspended' | 'expired' | 'lockedAgents' | 'agents' | 'error'
> {
  /** Given when the brake tripped. */
  readonly massSuspension?: MassSuspension;
}

/** A check at work on one connection. */
export interface AgentHeartbeatRun {
  readonly queryRunner: QueryRunner;
  readonly table: MappedTable;
  readonly plan: AgentHeartbeatPlan;
}
