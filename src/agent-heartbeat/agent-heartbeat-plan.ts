import type { QueryRunner } from 'typeorm';
import type { BatchLimits } from '../batches/batch-limits.js';
import type { Instant } from '../database/instant.js';
import type { MappedTable } from '../database/mapped-table.js';
import type { AgentHeartbeatReport, OverdueAgent } from './agent-heartbeat-report.js';
import type { CompleteAgentHeartbeatSettings } from './agent-heartbeat-settings.js';
import type { MassSuspension } from './mass-suspension.js';

/** What a check has to do, decided. */
export interface AgentHeartbeatPlan {
  readonly settings: Pick<CompleteAgentHeartbeatSettings, 'expireTokens' | 'massSuspensionBrake'>;
  readonly isDryRun: boolean;
  readonly limits: Omit<BatchLimits, 'beforeBatch'>;
  /** Awaited before each batch; see {@link BatchLimits.beforeBatch}. */
  readonly beforeBatch?: BatchLimits['beforeBatch'] | undefined;
  /** Stops the run between two batches. */
  readonly signal?: AbortSignal | undefined;
  /** Told after each committed batch of the agents suspended in it, and of the time their rows bear. What it throws ends the run. */
  readonly onSuspended?: ((agents: readonly OverdueAgent[], suspendedAt: Instant) => void) | undefined;
  /** Judges as of this time. @default the database's clock */
  readonly now?: Instant | undefined;
  /** Gives the run its connection. @default one of the data source's pool, given back at the end */
  readonly withQueryRunner?:
    (<Result>(work: (queryRunner: QueryRunner) => Promise<Result>) => Promise<Result>) | undefined;
}

/** What a check did. */
export interface AgentHeartbeatResult extends Pick<
  AgentHeartbeatReport,
  'runAt' | 'status' | 'monitored' | 'suspended' | 'expired' | 'lockedAgents' | 'agents' | 'error'
> {
  /** Given when the brake tripped. */
  readonly massSuspension?: MassSuspension;
}

/** What a check stands on. */
export interface AgentHeartbeatRun {
  readonly queryRunner: QueryRunner;
  readonly table: MappedTable;
  readonly plan: AgentHeartbeatPlan;
}
