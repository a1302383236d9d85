import type { Command } from 'commander';
import { TASK_NAMES } from '../../maintenance-tasks.js';
import { DEFAULT_HISTORY_LIMIT, RUN_STATUSES, type RunHistoryRequest } from '../../status/run-history-request.js';
import type { CommandOutcome } from '../command-outcome.js';
import { EXIT_CODE } from '../exit-codes.js';
import type { CommandSession, MaintenanceCommand } from '../maintenance-command.js';
import { historyText, recordedRunText } from '../output/history-text.js';
import { type HistoryFlags, historyWanted, parseHistoryFlag } from './history-flags.js';

/** `tenxyte-maintenance history` */
export const historyCommand: MaintenanceCommand = {
  name: 'history',
  task: 'history',
  summary: 'list past runs, or show one with its whole report',
  examples: ['--since 7d', '--task cleanup --status failed --limit 5', '7f6c2c0e'],
  declare,
  plan: (command) => {
    const wanted = historyWanted(command.args[0], command.opts<HistoryFlags>());
    return (session) => history(session, wanted);
  },
};

function declare(command: Command): void {
  const tasks = TASK_NAMES.join(', ');
  command
    .argument('[run]', 'show this run alone: its id, or the first characters of it')
    .option('--task <task>', `list the runs of one task alone: ${tasks}`, parseHistoryFlag('task'))
    .option(
      '--status <status>',
      `list the runs of one status alone: ${RUN_STATUSES.join(', ')}`,
      parseHistoryFlag('status'),
    )
    .option(
      '--since <time>',
      'list what began since then: so long ago as 30m, 12h or 7d, a date, or a time with its zone',
      parseHistoryFlag('since'),
    )
    .option('--before <run>', 'list what follows this run, the last one of the page before', parseHistoryFlag('before'))
    .option('--all', 'list the scheduled runs that found nothing to do as well')
    .option('--limit <n>', `list at most N runs (default: ${DEFAULT_HISTORY_LIMIT})`, parseHistoryFlag('limit'));
}

async function history({ maintenance }: CommandSession, wanted: string | RunHistoryRequest): Promise<CommandOutcome> {
  const base = { task: 'history', status: 'succeeded' } as const;
  if (typeof wanted === 'string') {
    const run = await maintenance.run(wanted);
    return { report: { ...base, run }, text: (paint) => recordedRunText(run, paint), exitCode: EXIT_CODE.done };
  }
  const runs = await maintenance.history(wanted);
  const { withoutIdle = false } = wanted;
  return {
    report: { ...base, withoutIdle, runs },
    text: (paint) => historyText(runs, paint, withoutIdle),
    exitCode: EXIT_CODE.done,
  };
}
