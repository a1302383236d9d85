import type { Command } from 'commander';
import { countIn, defineTask } from '../contract/maintenance-task.js';
import { UsageError } from '../errors/usage.error.js';
import { countOf, formatCount } from '../text/format.js';
import { describeValue } from '../validation/validation.js';
import type { DependencyScanReport } from './dependency-scan-report.js';
import type { DependencyScanRequest } from './dependency-scan-request.js';
import {
  type CompleteDependencyScanSettings,
  DEFAULT_DEPENDENCY_SCAN_SETTINGS,
  dependencyScanSection,
} from './dependency-scan-settings.js';
import { dependencyScanComplaint, dependencyScanText } from './dependency-scan-text.js';
import { SCAN_ATTRIBUTES, SCAN_METRICS } from './dependency-scan.metrics.js';
import { SCAN_LEVELS, type ScanLevel, SEVERITIES } from './severity.js';
import { scanUnrecorded } from './unrecorded-scan.js';

/** The dependency scan. Scheduled once the `dependencyScan` option is given. */
export const DEPENDENCY_SCAN_TASK = defineTask<
  'dependency-scan',
  'scan-dependencies',
  DependencyScanRequest,
  DependencyScanReport
>({
  name: 'dependency-scan',
  commandName: 'scan-dependencies',
  scheduleOption: 'dependencyScan',
  defaultExpression: '0 4 1 * *',
  catchesUp: true,
  settings: dependencyScanSection,
  needs: {
    words: 'the dependencyScan option, which may be {}',
    isMet: (given) => given !== undefined,
  },
  nothingDone: ({ level = DEFAULT_DEPENDENCY_SCAN_SETTINGS.level }, error) => ({
    verdict: 'unknown',
    level,
    packageManager: null,
    lockFile: null,
    counts: { critical: 0, high: 0, moderate: 0, low: 0, info: 0 },
    atOrAboveLevel: 0,
    vulnerabilities: [],
    allowed: [],
    staleAllowances: [],
    reason: error.message,
  }),
  logSummary: ({ verdict, counts, allowed, atOrAboveLevel, level }) => {
    const parts = Object.entries(counts).map(([severity, count]) => `${count} ${severity}`);
    return {
      text: [verdict, ...parts, countOf(allowed.length, 'allowed finding')].join(', '),
      fields: { verdict, counts, level, atOrAboveLevel, allowed: allowed.length },
    };
  },
  summarize,
  concerns: (fields) => [
    ...(countIn(fields, 'atOrAboveLevel') > 0
      ? [`its last run found ${countIn(fields, 'atOrAboveLevel')} vulnerabilities at or above the level`]
      : []),
    ...(fields['verdict'] === 'unknown' ? ['its last run could not tell whether there are vulnerabilities'] : []),
  ],
  measure: ({ verdict, status, counts }, record) => {
    // An unknown verdict is not as good as none found.
    if (verdict !== 'unknown' && status !== 'skipped') {
      SEVERITIES.forEach((severity) =>
        record(SCAN_METRICS.findings, counts[severity], { [SCAN_ATTRIBUTES.severity]: severity }),
      );
    }
  },
  command: {
    summary: 'report known vulnerabilities of the packages that npm, pnpm, Yarn or Bun installed for production',
    examples: ['--level high --cwd /srv/app'],
    declare,
    request: requestOf,
    text: dependencyScanText,
    complaint: dependencyScanComplaint,
    hasFindings: ({ atOrAboveLevel }) => atOrAboveLevel > 0,
    stopNote: 'stopping the package manager',
    runUnconnected: (settings, request) => scanUnrecorded(settings as CompleteDependencyScanSettings, request),
  },
});

function summarize({ verdict, counts, reason }: DependencyScanReport): string {
  if (verdict === 'clean') {
    return 'no known vulnerabilities';
  }
  if (verdict !== 'vulnerable') {
    return reason === undefined ? 'could not tell' : `could not tell: ${reason}`;
  }
  const found = SEVERITIES.filter((severity) => counts[severity] > 0);
  const total = found.reduce((sum, severity) => sum + counts[severity], 0);
  const parts = found.map((severity) => `${formatCount(counts[severity])} ${severity}`);
  return `${parts.join(', ')} ${total === 1 ? 'vulnerability' : 'vulnerabilities'}`;
}

function declare(command: Command): void {
  command
    .option(
      '--level <level>',
      `exit with 5 from this severity on: ${SCAN_LEVELS.join(', ')} (default: that of the config file, else high)`,
    )
    .option(
      '--cwd <folder>',
      'the folder with the lock file (default: that of the config file, else the working directory)',
    )
    .option(
      '--trust-project',
      'let the package manager run code of that folder, as .yarnrc.yml and .pnpmfile.cjs name it',
    )
    .option('--force', 'run although the task is paused');
}

function requestOf(command: Command): DependencyScanRequest {
  type Flags = { level?: string; cwd?: string; trustProject?: boolean; force?: boolean };
  const { level, cwd, trustProject, force } = command.opts<Flags>();
  if (level !== undefined && !isLevel(level)) {
    throw new UsageError(`--level is ${describeValue(level)}, accepted is one of ${SCAN_LEVELS.join(', ')}`);
  }
  if (cwd === '') {
    throw new UsageError('--cwd is "", accepted is the path of a folder');
  }
  return {
    ...(level === undefined ? {} : { level }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(trustProject === undefined ? {} : { trustProject }),
    ...(force === true ? { force } : {}),
  };
}

function isLevel(text: string): text is ScanLevel {
  return (SCAN_LEVELS as readonly string[]).includes(text);
}
