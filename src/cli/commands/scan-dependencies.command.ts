import type { Command } from 'commander';
import type { DependencyScanReport } from '../../dependency-scan/dependency-scan-report.js';
import type { DependencyScanRequest } from '../../dependency-scan/dependency-scan-request.js';
import { dependencyScanComplaint, dependencyScanText } from '../../dependency-scan/dependency-scan-text.js';
import { vulnerabilityWarnings } from '../../dependency-scan/dependency-scan-warnings.js';
import { SCAN_LEVELS, type ScanLevel } from '../../dependency-scan/severity.js';
import { scanUnrecorded } from '../../dependency-scan/unrecorded-scan.js';
import { describeValue } from '../../validation/validation.js';
import type { CommandOutput } from '../command-output.js';
import { EXIT_CODE, exitCodeOfStatus } from '../exit-codes.js';
import type { CommandOutcome, CommandSession, MaintenanceCommand, UnconnectedSession } from '../maintenance-command.js';
import { UsageError } from '../usage.error.js';
import { stopOnSignals } from './stop-signals.js';

/** `tenxyte-maintenance scan-dependencies` */
export const scanDependenciesCommand: MaintenanceCommand = {
  name: 'scan-dependencies',
  task: 'dependency-scan',
  summary: 'report known vulnerabilities of the packages that npm, pnpm or Yarn installed for production',
  declare: (command) => {
    command
      .option(
        '--level <level>',
        `exit with ${EXIT_CODE.findings} from this severity on: ${SCAN_LEVELS.join(', ')} (default: that of the config file, else high)`,
        onlyOnce('level'),
      )
      .option(
        '--cwd <folder>',
        'the folder with the lock file (default: that of the config file, else the working directory)',
        onlyOnce('cwd'),
      );
  },
  plan: (command) => {
    const request = requestOf(command);
    return (session) => scanRecorded(session, request);
  },
  planUnconnected: (command) => {
    const request = requestOf(command);
    return (session) => scanWithoutRecord(session, request);
  },
};

async function scanRecorded(
  { maintenance, output }: CommandSession,
  request: DependencyScanRequest,
): Promise<CommandOutcome> {
  return outcomeOf(await stoppable(output, (signal) => maintenance.scanDependencies({ ...request, signal })));
}

async function scanWithoutRecord(
  { options, output }: UnconnectedSession,
  request: DependencyScanRequest,
): Promise<CommandOutcome> {
  const { dependencyScan } = await options();
  const { report, aboveThreshold } = await stoppable(output, (signal) =>
    scanUnrecorded(dependencyScan, { ...request, signal }),
  );
  vulnerabilityWarnings(report, aboveThreshold).forEach((line) => output.note(line));
  return outcomeOf(report);
}

async function stoppable<Result>(
  output: CommandOutput,
  scan: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = stopOnSignals((name) => output.note(`${name}: stopping the package manager`));
  try {
    return await scan(stop.signal);
  } finally {
    stop.dispose();
  }
}

function outcomeOf(report: DependencyScanReport): CommandOutcome {
  const complaint = dependencyScanComplaint(report);
  return {
    report,
    text: (paint) => dependencyScanText(report, paint),
    exitCode: report.atOrAboveLevel > 0 ? EXIT_CODE.findings : exitCodeOfStatus(report.status),
    ...(complaint === undefined ? {} : { complaint }),
  };
}

/** @throws {UsageError} when a flag makes no sense */
function requestOf(command: Command): DependencyScanRequest {
  const { level, cwd } = command.opts<{ level?: string; cwd?: string }>();
  if (level !== undefined && !isLevel(level)) {
    throw new UsageError(`--level is ${describeValue(level)}, accepted is one of ${SCAN_LEVELS.join(', ')}`);
  }
  if (cwd === '') {
    throw new UsageError('--cwd is "", accepted is the path of a folder');
  }
  return { ...(level === undefined ? {} : { level }), ...(cwd === undefined ? {} : { cwd }) };
}

function isLevel(text: string): text is ScanLevel {
  return (SCAN_LEVELS as readonly string[]).includes(text);
}

function onlyOnce(flag: string): (text: string, previous?: string) => string {
  return (text, previous) => {
    if (previous !== undefined) {
      throw new UsageError(`--${flag} is given twice, accepted is one value`);
    }
    return text;
  };
}
