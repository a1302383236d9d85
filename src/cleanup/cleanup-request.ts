import * as v from 'valibot';
import { type AttributedRequest, attributionEntries } from '../contract/attribution.js';
import type { TaskStatus } from '../contract/task-report.js';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { retentionPolicyEntries } from '../retention/retention-policy.js';
import type { RetentionOverrides } from '../retention/retention.service.js';
import { claimWaitMs } from '../tasks/claim-by-hand.js';
import { hasOwn, withoutPrototype } from '../validation/own-properties.js';
import { strictObject } from '../validation/strict-object.js';
import { assertNoProblems, describeValue, validate } from '../validation/validation.js';
import { type CompleteCleanupSettings, runDurationMs } from './cleanup-settings.js';
import {
  type CleanedTargetName,
  CLEANUP_TARGETS,
  OPT_IN_TARGET_NAMES,
  STANDARD_TARGETS,
} from './targets/cleanup-targets.js';
import type { CleanupTarget } from './targets/define-cleanup-target.js';
import { ownTargets, targetsInForce } from './targets/targets-in-force.js';

/** How far a target and the run are, given after each batch, and once at the end of each target, whatever became of it. */
export interface CleanupProgress {
  readonly target: CleanedTargetName;
  /** Rows deleted, or counted in a dry run, so far. */
  readonly rows: number;
  /** The share of the table that lies behind, 0 to 1: exact along the heap, an estimate along an index. */
  readonly fraction: number;
  /** Milliseconds left at the present pace; null before there is one. */
  readonly remainingMs: number | null;
  /**
   * The share of the whole run that lies behind, 0 to 1: each target's is the same. Never falls, and is 1 at the end of the last target
   * alone.
   */
  readonly overall: number;
  /** Null while the target is worked on; in its last call how it ended, as in its report. */
  readonly status: TaskStatus | null;
  /** Why it did not succeed: the code of its error, such as `BRAKE_MAX_ROWS`, or its `skipReason`; else null. */
  readonly reason: string | null;
}

/** Told after each batch and at the end of each target. What it throws is logged once and otherwise ignored: it cannot harm the run. */
export type CleanupProgressListener = (progress: CleanupProgress) => void;

/** The request of a manual cleanup. */
export interface CleanupRequest extends AttributedRequest {
  /** Count instead of deleting. @default false */
  readonly dryRun?: boolean;
  /** Overrides the policy for this run. 0 = forever. */
  readonly loginAttemptsDays?: number;
  /** Overrides the policy for this run. 0 = forever. */
  readonly auditLogDays?: number;
  /** Work on these targets alone; an opt-in target may be named too. @default the standard, the included and the host's own targets */
  readonly only?: readonly CleanedTargetName[];
  /** Opt-in targets to add to those of the module's options; not together with `only`. @default [] */
  readonly include?: readonly CleanedTargetName[];
  /**
   * Deletes from a target even when the brakes `cleanup.maxRowsPerTarget` and `maxFractionPerTarget` would refuse it, and although the task
   * is paused. @default false
   */
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
export type AnyCleanupTarget = CleanupTarget<CleanedTargetName>;

const targetNames = v.pipe(
  v.array(v.string('a target name'), 'a list of target names'),
  // Not minLength(): an empty text hears of it too.
  v.rawCheck(({ dataset, addIssue }) => {
    if (Object(dataset.value).length === 0) {
      addIssue({ message: 'at least one target name' });
    }
  }),
);

const INVALID_CALL = 'Invalid call of cleanup()';

const requestSchema = strictObject(
  {
    dryRun: v.optional(v.boolean('true or false')),
    loginAttemptsDays: v.optional(retentionPolicyEntries.loginAttemptsDays),
    auditLogDays: v.optional(retentionPolicyEntries.auditLogDays),
    only: v.optional(targetNames),
    include: v.optional(targetNames),
    force: v.optional(v.boolean('true or false')),
    maxDurationMs: v.optional(runDurationMs),
    waitMs: v.optional(claimWaitMs),
    ...attributionEntries,
    signal: v.optional(v.instance(AbortSignal, 'an AbortSignal')),
    onProgress: v.optional(v.custom((value) => typeof value === 'function', 'a function')),
  },
  'an object',
);

/**
 * Checks a request by itself: types, ranges, and that it does not contradict itself. Answers it with its own properties alone, as
 * {@link strictObject} gives them.
 *
 * @throws {MaintenanceConfigError} listing every problem
 */
export function validateCleanupRequest(request: CleanupRequest): CleanupRequest {
  const checked = validate(INVALID_CALL, requestSchema, request) as CleanupRequest;
  const problems = [...excludedOverrides(checked), ...excludedInclusions(checked)];
  if (problems.length > 0) {
    throw new MaintenanceConfigError('Contradictory call of cleanup()', problems);
  }
  return checked;
}

/** The targets a request asks for, in the order of a run. */
export function selectTargets(
  request: CleanupRequest,
  settings: Pick<CompleteCleanupSettings, 'include' | 'targets'>,
): readonly AnyCleanupTarget[] {
  const { only, include = [] } = withoutPrototype(request);
  const usual = [...STANDARD_TARGETS, ...ownTargets(settings)].map(({ name }) => name);
  const wanted = new Set<string>(only ?? [...usual, ...settings.include, ...include]);
  return targetsInForce(settings).filter(({ name }) => wanted.has(name));
}

/**
 * Checks that a request names targets that there are, which the options decide.
 *
 * @throws {MaintenanceConfigError} naming those there are
 */
export function assertTargetNames(
  { only = [], include = [] }: CleanupRequest,
  settings: Pick<CompleteCleanupSettings, 'targets'>,
): void {
  const names = targetsInForce(settings).map(({ name }) => name);
  const extra = [...OPT_IN_TARGET_NAMES, ...ownTargets(settings).map(({ name }) => name)];
  const unknown = (path: string, given: readonly string[], known: readonly string[]): Problems =>
    given.flatMap((name, index) =>
      known.includes(name)
        ? []
        : [{ path: `${path}.${index}`, received: describeValue(name), accepted: `one of ${known.join(', ')}` }],
    );
  assertNoProblems(INVALID_CALL, [...unknown('only', only, names), ...unknown('include', include, extra)]);
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
