import type { WalkStrategy } from '../batches/walk.js';
import type { ReportedError, TaskReport, TaskStatus } from '../contract/task-report.js';
import type { Instant } from '../database/instant.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import type { CleanupBrake } from './limits/brake.js';
import { type CleanupRuleReport, uncountedRules } from './rule-report.js';
import { cutoffOf, retentionDaysOf, type RunPolicy } from './run-cutoffs.js';
import type { CleanedTargetName } from './targets/cleanup-targets.js';

/** How the due rows of a heap are found: page by page, or along an index on their age. */
export type DeletionStrategy = WalkStrategy;

/** Why a target was skipped. */
export type SkipReason =
  /** Its retention is 0. */
  | 'kept-forever'
  /** The database has no such table: a Tenxyte without that feature. */
  | 'table-not-found'
  /** A legal hold holds all of its rows: those that name nothing else, and those that name what its rows do not tell. */
  | 'held'
  /** The run was stopped before it came to this target. */
  | 'stopped';

/** The part of a cleanup's report about one target. */
export interface CleanupTargetReport {
  readonly name: CleanedTargetName;
  readonly status: TaskStatus;
  /** Rows deleted, or, in a dry run, rows that would be. */
  readonly rows: number;
  /** Due rows left to the next run because someone else locked or changed them meanwhile. */
  readonly lockedRows: number;
  /** Due rows that stay as rows of other tables refer to them; 0 in a dry run, which cannot tell. */
  readonly referencedRows: number;
  /** The tables that refer to them, such as `app.sessions`. */
  readonly referencedBy: readonly string[];
  /** Due rows that a trigger or a rule of the table kept; 0 in a dry run, which cannot tell. */
  readonly keptRows: number;
  /** Due rows that stay as a legal hold holds them; null when they were not counted, as the target did not come to its end. */
  readonly heldRows: number | null;
  /** The ids of the holds that hold the target whole, up to ten of them. */
  readonly heldWhole: readonly string[];
  /**
   * Tables and partitions, escaped for SQL, that somebody altered, rewrote, detached or dropped while they were worked on, whereupon the
   * target was looked at anew.
   */
  readonly tableChanges: readonly string[];
  /** As {@link TaskReport.isUncertain}, of this target alone. */
  readonly isUncertain: boolean;
  /** Rows from before this instant were due, those of rules aside; null when the retention is forever. */
  readonly cutoff: Instant | null;
  /**
   * Days of retention, 0 = forever, those of rules aside; null for a target ruled by expiry alone. Of `agent_pending_actions` those of undecided actions: decided
   * ones have a retention of their own.
   */
  readonly retentionDays: number | null;
  /** The target's retention rules, the one that wins over all others first, and last what holds for all other rows. Only of a target with rules. */
  readonly rules?: readonly CleanupRuleReport[];
  /** How the due rows were found; `mixed` when the partitions differ, null when none were looked for. */
  readonly strategy: DeletionStrategy | 'mixed' | null;
  /** Committed transactions; 0 in a dry run. */
  readonly batches: number;
  /** The longest batch in milliseconds, its transaction included; 0 in a dry run. */
  readonly longestBatchMs: number;
  /** Milliseconds, rounded. */
  readonly durationMs: number;
  readonly skipReason?: SkipReason;
  /** In a dry run: the brake that would refuse this target, of which nothing would be deleted unless the run is forced. */
  readonly brake?: CleanupBrake;
  readonly error?: ReportedError;
}

/** The report of a cleanup. */
export interface CleanupReport extends TaskReport {
  readonly task: 'cleanup';
  /** The sum over the targets. */
  readonly rows: number;
  readonly targets: readonly CleanupTargetReport[];
}

/**
 * The status of a run from those of its targets: stopped when any was; failed when every target that was worked on failed;
 * partial when some did, or one is partial itself.
 */
export function cleanupStatus(statuses: readonly TaskStatus[]): TaskStatus {
  if (statuses.includes('stopped')) {
    return 'stopped';
  }
  if (statuses.includes('partial')) {
    return 'partial';
  }
  if (!statuses.includes('failed')) {
    return 'succeeded';
  }
  return statuses.includes('succeeded') ? 'partial' : 'failed';
}

/** The report on a target that was skipped. */
export function skippedTargetReport(
  terms: RunPolicy,
  target: AnyCleanupTarget,
  skipReason: SkipReason,
): CleanupTargetReport {
  return {
    name: target.name,
    status: skipReason === 'stopped' ? 'stopped' : 'skipped',
    rows: 0,
    lockedRows: 0,
    referencedRows: 0,
    referencedBy: [],
    keptRows: 0,
    heldRows: null,
    heldWhole: [],
    tableChanges: [],
    isUncertain: false,
    cutoff: cutoffOf(terms, target),
    retentionDays: retentionDaysOf(terms, target),
    ...uncountedRules(terms, target),
    strategy: null,
    batches: 0,
    longestBatchMs: 0,
    durationMs: 0,
    skipReason,
  };
}
