import type { Command } from 'commander';
import type { GenericSchema } from 'valibot';
import { MaintenanceConfigError } from '../errors/maintenance-config.error.js';
import { UsageError } from '../errors/usage.error.js';
import { DEFAULT_RETENTION, retentionPolicyEntries, zeroMeansForever } from '../retention/retention-policy.js';
import { helpSection } from '../text/text-table.js';
import { secondsFlag } from '../validation/seconds-flag.js';
import { describeValue, findProblems } from '../validation/validation.js';
import { type AnyCleanupTarget, type CleanupRequest, validateCleanupRequest } from './cleanup-request.js';
import { MAX_RUN_DURATION_MS } from './cleanup-settings.js';
import {
  CLEANUP_TARGET_NAMES,
  OPT_IN_TARGET_NAMES,
  OPT_IN_TARGETS,
  STANDARD_TARGETS,
} from './targets/cleanup-targets.js';

const SECOND_MS = 1_000;

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
type DaysFlag = 'loginAttemptsDays' | 'auditLogDays';

/** Adds the flags of `cleanup`, and the help about the targets below them. */
export function declareCleanupFlags(command: Command): void {
  command
    .option('--dry-run', 'count what would be deleted, with the very same conditions, and delete nothing')
    .option(
      '--login-attempts-days <n>',
      daysHelp('login attempts', 'loginAttemptsDays'),
      parseDays('loginAttemptsDays'),
    )
    .option('--audit-log-days <n>', daysHelp('audit log entries', 'auditLogDays'), parseDays('auditLogDays'))
    .option(
      '--only <targets>',
      'work on these targets alone, separated by commas',
      parseNames('only', CLEANUP_TARGET_NAMES),
    )
    .option(
      '--include <targets>',
      'work on these opt-in targets as well, separated by commas',
      parseNames('include', OPT_IN_TARGET_NAMES),
    )
    .option(
      '--force',
      'delete even what the brakes cleanup.maxRowsPerTarget and maxFractionPerTarget would refuse, and although the task is paused',
    )
    .option(
      '--max-duration <duration>',
      'stop between two batches after this long, with exit code 6 and the rest left to the next run: seconds, or as 90s, 2m or 1h, 0 = no limit (default: what the config file says, else 0)',
      secondsFlag('--max-duration', { maxSeconds: MAX_RUN_DURATION_MS / SECOND_MS, zero: 'no limit' }),
    )
    .addHelpText('after', ({ command: asked }) => cleanupHelp(asked.configureOutput().getOutHelpWidth?.()));
}

function daysHelp(records: string, option: DaysFlag): string {
  return `days to keep ${records}, 0 = forever (default: what the config file says, else ${DEFAULT_RETENTION[option]})`;
}

function parseDays(option: DaysFlag): (text: string) => number {
  return (text) => wholeNumberIn(flagName(option), text, retentionPolicyEntries[option]);
}

/** Digits alone, in the range of a schema. */
function wholeNumberIn(flag: string, text: string, schema: GenericSchema): number {
  const value = /^(0|[1-9]\d*)$/.test(text) ? Number(text) : Number.NaN;
  const [problem] = findProblems(schema, value);
  if (problem !== undefined) {
    throw new UsageError(`${flag} is ${describeValue(text)}, accepted is ${problem.accepted}`);
  }
  return value;
}

/**
 * Makes the parser of a flag that lists targets.
 *
 * @throws {UsageError} when a name between the commas is empty
 */
function parseNames(flag: 'only' | 'include', accepted: readonly string[]): (text: string) => string[] {
  return (text) => {
    const names = text.split(',').map((name) => name.trim());
    if (names.includes('')) {
      throw new UsageError(
        `${flagName(flag)} is ${describeValue(text)}, accepted is a comma-separated list of ${accepted.join(', ')}`,
      );
    }
    return names;
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
    ...(only === undefined ? {} : { only }),
    ...(include === undefined ? {} : { include }),
  };
  try {
    return validateCleanupRequest(request);
  } catch (error) {
    throw inFlagWords(error);
  }
}

/** The service speaks of its request; the caller knows the flags. */
export function inFlagWords(error: unknown): unknown {
  const isOfCall = error instanceof MaintenanceConfigError && error.message.includes(' call of cleanup(): ');
  if (!isOfCall) {
    return error;
  }
  const toFlags = (text: string): string =>
    text.replace(/(?<!")\b(only|include|loginAttemptsDays|auditLogDays)\b/g, flagName);
  const problems = error.problems.map(({ path, received, accepted }) => {
    const flag = flagName(path.replace(/\..*$/s, ''));
    return `${flag} is ${toFlags(received)}, accepted is ${toFlags(accepted)}`;
  });
  return new UsageError(problems.join('; '), error);
}

function flagName(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function cleanupHelp(columns: number | undefined): string {
  return [
    helpSection('Targets, and what is deleted from each', STANDARD_TARGETS.map(entry), columns),
    helpSection('Opt-in targets, only with --include or --only', OPT_IN_TARGETS.map(entry), columns),
    helpSection(
      "The application's own",
      [['cleanup.targets', 'those of the config file or of the module of --app']],
      columns,
    ),
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
