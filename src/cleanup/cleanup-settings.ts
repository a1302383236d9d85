import type { ExpectedRuns } from '../tasks/schedule/schedule-settings.js';
import * as v from 'valibot';
import { defineSettings } from '../validation/settings-section.js';
import { strictObject } from '../validation/strict-object.js';
import { wholeNumber } from '../validation/whole-number.js';
import { OPT_IN_TARGET_NAMES, type OptInTargetName } from './targets/cleanup-targets.js';
import type { OwnCleanupTarget } from './targets/own-target.js';
import { ownTargetsSchema } from './targets/own-target-schema.js';
import { ownTargetPolicy } from './targets/targets-in-force.js';

/** How the cleanup works through a table. The limits of a batch hold for the agent heartbeat monitor and the TOTP key rotation too. */
export interface CleanupSettings {
  /** Opt-in targets to clean at every run. @default [] */
  readonly include?: readonly OptInTargetName[];
  /** Tables of the host's own to clean at every run, each as `defineCleanupTarget()` gives it (docs/own-targets.md). @default [] */
  readonly targets?: readonly OwnCleanupTarget[];
  /** Milliseconds a batch waits for a lock before it gives way; 1 to 600,000, as PostgreSQL's own 0 would wait forever. @default 2000 */
  readonly lockTimeoutMs?: number;
  /** Milliseconds one statement of a batch may take before it is cancelled and its batch halved; 1 to 3,600,000. @default 15000 */
  readonly statementTimeoutMs?: number;
  /** Milliseconds a batch is sized to take; 1 to 10,000. @default 50 */
  readonly targetBatchMs?: number;
  /**
   * Connections a cleanup works over at once; 1 or 2. The second one is only used along a large heap, while nobody else writes to the
   * database and more than half of the pool is free. @default 2
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
  /**
   * Triggers, rules and foreign keys, each by schema and name such as `app.sessions_token_fk`, that are known to act when rows of a target
   * are deleted: keys that delete or empty rows of other tables, rules, and what a partitioned table has that its partitions pass by. While
   * one of them is not listed, its target is refused. A listed trigger or rule may keep due rows. Where two of a table's keys have one name,
   * each is listed with its table, such as `app.sessions.token_fk`. A table that is listed, such as `public.otp_codes`, may belong to any
   * role. The doctor names them all.
   * @default []
   */
  readonly acknowledge?: readonly string[];
  /**
   * Due rows of a target that may stay as rows of other tables refer to them; with more of them the target is `partial`. 0 to
   * 1,000,000,000,000. 0 = none. @default 1000
   */
  readonly maxReferencedRows?: number;
}

/** The section of the options that the cleanup owns. */
export interface CleanupOptions {
  readonly cleanup?: CleanupSettings;
}

/** When the cleanup runs by itself. */
export interface CleanupSchedule {
  /**
   * When the cleanup runs: a cron expression, `{ by: 'engine' | 'outside' }` with what to expect of others, or false for manual runs alone.
   * @default '0 3 * * *'
   */
  readonly cleanup?: string | false | ExpectedRuns;
}

/** The settings with every default filled in. */
export type CompleteCleanupSettings = Readonly<Required<CleanupSettings>>;

/** The defaults of {@link CleanupSettings}, the one place they stand. */
export const DEFAULT_CLEANUP_SETTINGS: CompleteCleanupSettings = {
  include: [],
  targets: [],
  lockTimeoutMs: 2_000,
  statementTimeoutMs: 15_000,
  targetBatchMs: 50,
  maxConnections: 2,
  maxRowsPerTarget: 0,
  maxFractionPerTarget: 0,
  maxDurationMs: 0,
  pauseBetweenBatchesMs: 0,
  acknowledge: [],
  maxReferencedRows: 1_000,
};

/** The longest time budget of a run, in milliseconds: a day. */
export const MAX_RUN_DURATION_MS = 86_400_000;

/** The schema of the time budget of a run, in the options and in a call. */
export const runDurationMs = wholeNumber({ max: MAX_RUN_DURATION_MS, unit: 'milliseconds', zero: 'no limit' });

const extraTarget = v.picklist(OPT_IN_TARGET_NAMES, `one of ${OPT_IN_TARGET_NAMES.join(', ')}`);
const name = 'a name with its schema, such as "app.sessions_token_fk"';
const qualifiedName = v.pipe(v.string(name), v.regex(/^[^.].*\.[^.]/, name));
const share = 'a number from 0 to 1 (0 = off)';

const cleanupSettingsSchema = strictObject(
  {
    include: v.optional(v.array(extraTarget, 'a list of target names')),
    targets: v.optional(ownTargetsSchema),
    lockTimeoutMs: v.optional(wholeNumber({ min: 1, max: 600_000, unit: 'milliseconds' })),
    statementTimeoutMs: v.optional(wholeNumber({ min: 1, max: 3_600_000, unit: 'milliseconds' })),
    targetBatchMs: v.optional(wholeNumber({ min: 1, max: 10_000, unit: 'milliseconds' })),
    maxConnections: v.optional(wholeNumber({ min: 1, max: 2, unit: 'connections' })),
    maxRowsPerTarget: v.optional(wholeNumber({ max: 1_000_000_000_000, unit: 'rows', zero: 'off' })),
    maxFractionPerTarget: v.optional(v.pipe(v.number(share), v.minValue(0, share), v.maxValue(1, share))),
    maxDurationMs: v.optional(runDurationMs),
    pauseBetweenBatchesMs: v.optional(wholeNumber({ max: 60_000, unit: 'milliseconds', zero: 'no pause' })),
    acknowledge: v.optional(v.array(qualifiedName, 'a list of names with their schema')),
    maxReferencedRows: v.optional(wholeNumber({ max: 1_000_000_000_000, unit: 'rows', zero: 'none' })),
  },
  'an object of cleanup settings',
);

/** DI token of the {@link CompleteCleanupSettings}. */
export const CLEANUP_SETTINGS = Symbol('TENXYTE_MAINTENANCE_CLEANUP_SETTINGS');

/** The section of the cleanup. */
export const cleanupSection = defineSettings({
  name: 'cleanup',
  token: CLEANUP_SETTINGS,
  schema: cleanupSettingsSchema,
  defaults: DEFAULT_CLEANUP_SETTINGS,
  policy: ['include', 'targets', 'maxRowsPerTarget', 'maxFractionPerTarget'],
  notedAs: { targets: ownTargetPolicy },
});
