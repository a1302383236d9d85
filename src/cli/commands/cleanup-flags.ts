import { type AnyCleanupTarget, type CleanupRequest, validateCleanupRequest } from '../../cleanup/cleanup-request.js';
import { MAX_RUN_DURATION_MS } from '../../cleanup/run-duration.js';
import {
  type CleanupTargetName,
  OPT_IN_TARGETS,
  type OptInTargetName,
  STANDARD_TARGETS,
} from '../../cleanup/targets/cleanup-targets.js';
import { MaintenanceConfigError } from '../../errors/maintenance-config.error.js';
import { DEFAULT_RETENTION, retentionPolicyEntries, zeroMeansForever } from '../../retention/retention-policy.js';
import { helpSection } from '../../text/text-table.js';
import { describeValue, findProblems } from '../../validation/validation.js';
import { wholeNumber } from '../../validation/whole-number.js';
import { UsageError } from '../usage.error.js';

const SECOND_MS = 1_000;
const maxDurationSeconds = wholeNumber({ max: MAX_RUN_DURATION_MS / SECOND_MS, unit: 'seconds', zero: 'no limit' });

/** The flags of `cleanup`, as commander gives them. */
export interface CleanupFlags {
  readonly dryRun?: boolean;
  readonly loginAttemptsDays?: number;
  readonly auditLogDays?: number;
  /** Not yet known to be names of targets. */
  readonly only?: readonly string[];
  readonly include?: readonly string[];
  readonly force?: boolean;
  /** Seconds; 0 = no limit. */
  readonly maxDuration?: number;
}

/** A retention that a flag can set. */
export type DaysFlag = 'loginAttemptsDays' | 'auditLogDays';

/**
 * Makes the parser of a flag that counts days: digits alone, in the range of the retention policy.
 *
 * @throws {UsageError} saying what came and what is accepted, also when the flag is given twice
 */
export function parseDays(option: DaysFlag): (text: string, previous?: number) => number {
  return (text, previous) => {
    if (previous !== undefined) {
      throw new UsageError(`${flagName(option)} is given twice, accepted is one value`);
    }
    const days = /^(0|[1-9]\d*)$/.test(text) ? Number(text) : Number.NaN;
    const [problem] = findProblems(retentionPolicyEntries[option], days);
    if (problem !== undefined) {
      throw new UsageError(`${flagName(option)} is ${describeValue(text)}, accepted is ${problem.accepted}`);
    }
    return days;
  };
}

/**
 * The parser of `--max-duration`: whole seconds up to a day, 0 for no limit.
 *
 * @throws {UsageError} saying what came and what is accepted, also when the flag is given twice
 */
export function parseMaxDuration(text: string, previous?: number): number {
  if (previous !== undefined) {
    throw new UsageError('--max-duration is given twice, accepted is one value');
  }
  const seconds = /^(0|[1-9]\d*)$/.test(text) ? Number(text) : Number.NaN;
  const [problem] = findProblems(maxDurationSeconds, seconds);
  if (problem !== undefined) {
    throw new UsageError(`--max-duration is ${describeValue(text)}, accepted is ${problem.accepted}`);
  }
  return seconds;
}

/**
 * Makes the parser of a flag that lists targets; given again, it adds to the list.
 *
 * @throws {UsageError} when a name between the commas is empty
 */
export function parseNames(
  flag: 'only' | 'include',
  accepted: readonly string[],
): (text: string, previous?: readonly string[]) => string[] {
  return (text, previous = []) => {
    const names = text.split(',').map((name) => name.trim());
    if (names.includes('')) {
      throw new UsageError(
        `${flagName(flag)} is ${describeValue(text)}, accepted is a comma-separated list of ${accepted.join(', ')}`,
      );
    }
    return [...previous, ...names];
  };
}

/**
 * The request that the flags make.
 *
 * @throws {UsageError} in the words of the flags, when the service would refuse the request
 */
export function cleanupRequest({ only, include, ...flags }: CleanupFlags): CleanupRequest {
  const request: CleanupRequest = {
    dryRun: flags.dryRun === true,
    ...(flags.loginAttemptsDays === undefined ? {} : { loginAttemptsDays: flags.loginAttemptsDays }),
    ...(flags.auditLogDays === undefined ? {} : { auditLogDays: flags.auditLogDays }),
    ...(flags.force === true ? { force: true } : {}),
    ...(flags.maxDuration === undefined ? {} : { maxDurationMs: flags.maxDuration * SECOND_MS }),
    ...(only === undefined ? {} : { only: only as CleanupTargetName[] }),
    ...(include === undefined ? {} : { include: include as OptInTargetName[] }),
  };
  try {
    validateCleanupRequest(request);
  } catch (error) {
    throw error instanceof MaintenanceConfigError ? inFlagWords(error) : error;
  }
  return request;
}

/** The service speaks of its options; the caller knows the flags. */
function inFlagWords(error: MaintenanceConfigError): UsageError {
  const toFlags = (text: string): string =>
    text.replace(/(?<!")\b(only|include|loginAttemptsDays|auditLogDays)\b/g, flagName);
  const problems = error.problems.map(({ path, received, accepted }) => {
    const flag = flagName(path.split('.')[0] ?? '');
    return `${flag} is ${toFlags(received)}, accepted is ${toFlags(accepted)}`;
  });
  return new UsageError(problems.join('; '), error);
}

function flagName(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What the help of `cleanup` says about the targets, from the list of them. */
export function cleanupHelp(): string {
  return [
    helpSection('Targets, and what is deleted from each', STANDARD_TARGETS.map(entry)),
    helpSection('Opt-in targets, only with --include or --only', OPT_IN_TARGETS.map(entry)),
  ].join('\n');
}

function entry(target: AnyCleanupTarget): readonly [string, string] {
  const option = target.retention?.option;
  if (option === undefined) {
    return [target.name, target.summary];
  }
  const zero = zeroMeansForever(option) ? ', 0 = forever' : '';
  return [target.name, `${target.summary} (default ${DEFAULT_RETENTION[option]}${zero})`];
}
