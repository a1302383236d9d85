import type {
  AgentHeartbeatSettings,
  CompleteAgentHeartbeatSettings,
} from '../agent-heartbeat/agent-heartbeat-settings.js';
import type { OptInTargetName } from '../cleanup/targets/cleanup-targets.js';
import type {
  CompleteDependencyScanSettings,
  DependencyScanSettings,
} from '../dependency-scan/dependency-scan-settings.js';
import type { CompleteHealthSettings, HealthSettings } from '../health/health-settings.js';
import type { RetentionBounds } from '../retention/retention-bounds.js';
import type { RetentionSource } from '../retention/retention-provider-source.js';
import type { CompleteCoordinationSettings, CoordinationSettings } from '../tasks/coordination-settings.js';
import type { CompleteScheduleSettings, ScheduleSettings } from '../tasks/schedule/schedule-settings.js';
import type { LogFormat } from '../telemetry/maintenance-log.js';
import type { CompleteTotpSettings, TotpSettings } from '../totp-key-rotation/totp-settings.js';

/** How the cleanup works through a table. The limits of a batch hold for the agent heartbeat monitor and the TOTP key rotation too. */
export interface CleanupSettings {
  /** Extra targets that Tenxyte itself never cleans. @default [] */
  readonly include?: readonly OptInTargetName[];
  /** Milliseconds a batch waits for a lock before it gives way; 1 to 600,000, as PostgreSQL's own 0 would wait forever. @default 2000 */
  readonly lockTimeoutMs?: number;
  /** Milliseconds one statement of a batch may take before it is cancelled and its batch halved; 1 to 3,600,000. @default 15000 */
  readonly statementTimeoutMs?: number;
  /** Milliseconds a batch is sized to take; 1 to 10,000. @default 50 */
  readonly targetBatchMs?: number;
  /**
   * Connections a cleanup works over at once; 1 or 2. The second one is only used along a large heap, while nobody else writes to the database
   * and more than half of the pool is free. @default 2
   */
  readonly maxConnections?: number;
  /**
   * A brake: a target of which more rows than this are due is refused, and nothing of it deleted, unless the run is forced; 0 to
   * 1,000,000,000,000. 0 = no such brake. @default 0
   */
  readonly maxRowsPerTarget?: number;
  /**
   * A brake: a target of which a larger share than this is due is refused, and nothing of it deleted, unless the run is forced; 0 to 1.
   * 0 = no such brake. @default 0
   */
  readonly maxFractionPerTarget?: number;
  /**
   * Milliseconds that a run may take before it stops between two batches, with the rest left to the next run; 0 to 86,400,000. 0 = no
   * limit. @default 0
   */
  readonly maxDurationMs?: number;
  /**
   * Milliseconds to wait between two batches, beside what the run gives way to others; 0 to 60,000. 0 = none. Any pause does without the
   * second connection, and belongs to what must fit into a lease. @default 0
   */
  readonly pauseBetweenBatchesMs?: number;
}

/** Options of `TenxyteMaintenanceModule.forRoot()`. Every one may be left out. */
export interface TenxyteMaintenanceOptions extends CoordinationSettings {
  /**
   * How long records are kept: plain values, or where to find a class with `getRetention()` that is asked at every run, as `{ useClass }`,
   * `{ useExisting }` or `{ useFactory, inject }`. @default see {@link RetentionPolicy}
   */
  readonly retention?: RetentionSource;
  /** Compliance windows; a policy outside them, from whichever source, is refused before anything is deleted. @default {} */
  readonly retentionBounds?: RetentionBounds;
  readonly cleanup?: CleanupSettings;
  readonly agentHeartbeat?: AgentHeartbeatSettings;
  /** The keys of the TOTP secrets, and how they are rotated. @default no keys: no rotation */
  readonly totp?: TotpSettings;
  /** Whether and how the host's dependencies are scanned for known vulnerabilities; `{}` scans with every default. @default no scan on schedule */
  readonly dependencyScan?: DependencyScanSettings;
  /**
   * When each task runs by itself, once the host has a `ScheduleModule`. An expression has five fields, or six with seconds before them; names
   * (`MON`) and `@daily` and its like work too. One that names no instant at all (`0 0 30 2 *`) is refused. @default see {@link ScheduleSettings}
   */
  readonly schedule?: ScheduleSettings;
  /** Whether the host's logger is given text or objects; the command line prints text. @default 'text' */
  readonly logFormat?: LogFormat;
  /** When a task counts as late, and how the health indicator asks. @default see {@link HealthSettings} */
  readonly health?: HealthSettings;
}

/** The options with every default filled in. */
export interface ResolvedMaintenanceOptions {
  readonly retention: RetentionSource;
  readonly retentionBounds: RetentionBounds;
  readonly cleanup: Readonly<Required<CleanupSettings>>;
  readonly agentHeartbeat: CompleteAgentHeartbeatSettings;
  readonly totp: CompleteTotpSettings;
  readonly dependencyScan: CompleteDependencyScanSettings;
  readonly schedule: CompleteScheduleSettings;
  readonly coordination: CompleteCoordinationSettings;
  readonly logFormat: LogFormat;
  readonly health: CompleteHealthSettings;
}

/** The defaults of {@link CleanupSettings}, the one place they stand. */
export const DEFAULT_CLEANUP_SETTINGS: Readonly<Required<CleanupSettings>> = {
  include: [],
  lockTimeoutMs: 2_000,
  statementTimeoutMs: 15_000,
  targetBatchMs: 50,
  maxConnections: 2,
  maxRowsPerTarget: 0,
  maxFractionPerTarget: 0,
  maxDurationMs: 0,
  pauseBetweenBatchesMs: 0,
};

/** DI token of the {@link ResolvedMaintenanceOptions}. */
export const MAINTENANCE_OPTIONS = Symbol('TENXYTE_MAINTENANCE_OPTIONS');
