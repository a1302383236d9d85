import * as v from 'valibot';
import type { TaskStatus } from '../contract/task-report.js';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { retentionPolicyEntries } from '../retention/retention-policy.js';
import type { RetentionOverrides } from '../retention/retention.service.js';
import { claimWaitMs } from '../tasks/claim-by-hand.js';
import { hasOwn, withoutPrototype } from '../validation/own-properties.js';
import { strictObject } from '../validation/strict-object.js';
import { validate } from '../validation/validation.js';
import { runDurationMs } from './cleanup-settings.js';
import {
  CLEANUP_TARGET_NAMES,
  CLEANUP_TARGETS,
  type CleanupTargetName,
  OPT_IN_TARGET_NAMES,
  type OptInTargetName,
  STANDARD_TARGETS,
} from './targets/cleanup-targets.js';

/** How far a target and the run are, given after each batch, and once at the end of each target, whatever became of it. */
export interface CleanupProgress {
  readonly target: CleanupTargetName;
  /** Rows deleted, or counted in a dry run, so far. */
  readonly rows: number;
  /** The share of the table that lies behind, 0 to 1: exact along the heap, an estimate along an index. */
  readonly fraction: number;
  /** Milliseconds left at the present pace; null before there is one. */
  readonly remainingMs: number | null;
  /** The share of the whole run that lies behind, 0 to 1: each target's is the same. Never falls, and is 1 at the end of the last target alone. */
  readonly overall: number;
  /** Null while the target is worked on; in its last call how it ended, as in its report. */
  readonly status: TaskStatus | null;
  /** Why it did not succeed: the code of its error, such as `BRAKE_MAX_ROWS`, or its `skipReason`; else null. */
  readonly reason: string | null;
}

/** Told after each batch and at the end of each target. What it throws is logged once and otherwise ignored: it cannot harm the run. */
export type CleanupProgressListener = (progress: CleanupProgress) => void;

/** The request of a manual cleanup. */
export interface CleanupRequest {
  /** Count instead of deleting. @default false */
  readonly dryRun?: boolean;
  /** Overrides the policy for this run. 0 = forever. */
  readonly loginAttemptsDays?: number;
  /** Overrides the policy for this run. 0 = forever. */
  readonly auditLogDays?: number;
  /** Work on these targets alone; an opt-in target may be named too. @default the standard targets and the included ones */
  readonly only?: readonly CleanupTargetName[];
  /** Opt-in targets to add to those of the module's options; not together with `only`. @default [] */
  readonly include?: readonly OptInTargetName[];
  /** Deletes from a target even when the brakes `cleanup.maxRowsPerTarget` and `maxFractionPerTarget` would refuse it. @default false */
  readonly force?: boolean;
  /**
   * Milliseconds this run may take before it stops between two batches, in place of `cleanup.maxDurationMs`; 0 to 86,400,000. 0 = no limit.
   * @default the module's option
   */
  readonly maxDurationMs?: number;
  /**
   * Milliseconds to wait for another run of the task to end, or to lose its lease, before this one is refused; 0 to 86,400,000. 0 = do not
   * wait. A dry run needs no wait.
   * @default 0
   */
  readonly waitMs?: number;
  /** Stops the run between two batches. */
  readonly signal?: AbortSignal;
  readonly onProgress?: CleanupProgressListener;
}

/** One of the targets there are. */
export type AnyCleanupTarget = (typeof CLEANUP_TARGETS)[number];

const targetNames = <const Name extends string>(names: readonly Name[]): v.GenericSchema<Name[]> =>
  v.pipe(
    v.array(v.picklist(names, `one of ${names.join(', ')}`), 'a list of target names'),
    // Not minLength(): an empty text hears of it too.
    v.rawCheck(({ dataset, addIssue }) => {
      if (Object(dataset.value).length === 0) {
        addIssue({ message: 'at least one target name' });
      }
    }),
  );

const requestSchema = strictObject(
  {
    dryRun: v.optional(v.boolean('true or false')),
    loginAttemptsDays: v.optional(retentionPolicyEntries.loginAttemptsDays),
    auditLogDays: v.optional(retentionPolicyEntries.auditLogDays),
    only: v.optional(targetNames(CLEANUP_TARGET_NAMES)),
    include: v.optional(targetNames(OPT_IN_TARGET_NAMES)),
    force: v.optional(v.boolean('true or false')),
    maxDurationMs: v.optional(runDurationMs),
    waitMs: v.optional(claimWaitMs),
    signal: v.optional(v.instance(AbortSignal, 'an AbortSignal')),
    onProgress: v.optional(v.custom((value) => typeof value === 'function', 'a function')),
  },
  'an object',
);

/**
 * Checks a request by itself: types, ranges, names, and that it does not contradict itself. Answers it with its own properties alone, as
 * {@link strictObject} gives them.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validateCleanupRequest(request: CleanupRequest): CleanupRequest {
  const checked = validate('Invalid call of cleanup()', requestSchema, request) as CleanupRequest;
  const problems = [...excludedOverrides(checked), ...excludedInclusions(checked)];
  if (problems.length > 0) {
    throw new MaintenanceConfigError('Contradictory call of cleanup()', problems);
  }
  return checked;
}

/** The targets a request asks for, in the order of a run. */
export function selectTargets(
  request: CleanupRequest,
  included: readonly OptInTargetName[],
): readonly AnyCleanupTarget[] {
  const { only, include = [] } = withoutPrototype(request);
  const standard: readonly CleanupTargetName[] = STANDARD_TARGETS.map(({ name }) => name);
  const wanted = new Set(only ?? [...standard, ...included, ...include]);
  return CLEANUP_TARGETS.filter(({ name }) => wanted.has(name));
}

/** The retention that a request overrides: that of rows for which no rule holds. */
export function requestedRetention(request: CleanupRequest): RetentionOverrides {
  const { loginAttemptsDays, auditLogDays } = withoutPrototype(request);
  return {
    ...(loginAttemptsDays === undefined ? {} : { loginAttemptsDays }),
    ...(auditLogDays === undefined ? {} : { auditLogDays }),
  };
}

type Problems = ConstructorParameters<typeof MaintenanceConfigError>[1];

/** A retention for a target that `only` does not name would silently do nothing. */
function excludedOverrides(request: CleanupRequest): Problems {
  return CLEANUP_TARGETS.flatMap(({ name, retention }) => {
    const option = retention?.option;
    const isOverridden = option !== undefined && hasOwn(requestedRetention(request), option);
    return isOverridden && request.only !== undefined && !request.only.includes(name)
      ? [
          {
            path: option,
            received: `given although only excludes ${name}`,
            accepted: `${name} in only, or no ${option}`,
          },
        ]
      : [];
  });
}

function excludedInclusions({ only, include = [] }: CleanupRequest): Problems {
  return include
    .filter((name) => only !== undefined && !only.includes(name))
    .map((name) => ({
      path: 'include',
      received: `${name}, which only excludes`,
      accepted: 'a target that only names as well',
    }));
}
