import type { Command } from 'commander';
import type { CleanupReport } from '../../cleanup/cleanup-report.js';
import type { CleanupRequest } from '../../cleanup/cleanup-request.js';
import { cleanupComplaint, cleanupText } from '../../cleanup/cleanup-text.js';
import { CLEANUP_TARGET_NAMES, OPT_IN_TARGET_NAMES } from '../../cleanup/targets/cleanup-targets.js';
import { DEFAULT_RETENTION } from '../../retention/retention-policy.js';
import { exitCodeOfStatus } from '../exit-codes.js';
import type { CommandOutcome, CommandSession, MaintenanceCommand } from '../maintenance-command.js';
import {
  type CleanupFlags,
  cleanupHelp,
  cleanupRequest,
  type DaysFlag,
  parseDays,
  parseMaxDuration,
  parseNames,
} from './cleanup-flags.js';
import { CleanupProgressBars } from './cleanup-progress-bars.js';
import { stopOnSignals } from './stop-signals.js';

/** `tenxyte-maintenance cleanup` */
export const cleanupCommand: MaintenanceCommand = {
  name: 'cleanup',
  task: 'cleanup',
  summary: 'delete expired and outdated security records',
  declare,
  plan: (command) => {
    const request = cleanupRequest(command.opts<CleanupFlags>());
    return (session) => cleanup(session, request);
  },
};

function declare(command: Command): void {
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
    .option('--force', 'delete even what the brakes cleanup.maxRowsPerTarget and maxFractionPerTarget would refuse')
    .option(
      '--max-duration <seconds>',
      'stop between two batches after this long, with exit code 6 and the rest left to the next run, 0 = no limit (default: what the config file says, else 0)',
      parseMaxDuration,
    )
    .addHelpText('after', cleanupHelp());
}

function daysHelp(records: string, option: DaysFlag): string {
  return `days to keep ${records}, 0 = forever (default: what the config file says, else ${DEFAULT_RETENTION[option]})`;
}

async function cleanup({ maintenance, output }: CommandSession, request: CleanupRequest): Promise<CommandOutcome> {
  const terminal = output.liveTerminal;
  const bars = terminal === undefined ? undefined : new CleanupProgressBars(terminal);
  const stop = stopOnSignals((name) => {
    const text = `${name}: stopping after the batch in flight; once more ends it at once`;
    return bars === undefined ? output.note(text) : bars.note(text);
  });
  try {
    const onProgress: CleanupRequest['onProgress'] = (progress) => bars?.show(progress);
    const report = await maintenance.cleanup({ ...request, signal: stop.signal, onProgress });
    return outcomeOf(report);
  } finally {
    stop.dispose();
    bars?.stop();
  }
}

function outcomeOf(report: CleanupReport): CommandOutcome {
  const complaint = cleanupComplaint(report);
  return {
    report,
    text: (paint) => cleanupText(report, paint),
    exitCode: exitCodeOfStatus(report.status),
    ...(complaint === undefined ? {} : { complaint }),
  };
}
