import type { Command } from 'commander';
import type { MaintenanceTask, TaskRequest } from '../../contract/maintenance-task.js';
import type { TaskReport } from '../../contract/task-report.js';
import type { TaskName } from '../../maintenance-tasks.js';
import { LONGEST_CLAIM_WAIT_MS } from '../../tasks/claim-by-hand.js';
import { secondsFlag } from '../../validation/seconds-flag.js';
import type { CommandOutcome } from '../command-outcome.js';
import type { CommandOutput } from '../command-output.js';
import { EXIT_CODE, exitCodeOfReport } from '../exit-codes.js';
import type { CommandSession, MaintenanceCommand } from '../maintenance-command.js';
import { timeOfFlag } from './hold-flags.js';
import { declareAttributionFlags, requestedAttribution } from './attribution-flags.js';
import { CleanupProgressBars } from '../output/cleanup-progress-bars.js';
import { redaction } from '../session/redaction.js';

const SECOND_MS = 1_000;
const OWN_POLICY_HELP = 'go by the policy of this command line, whatever the applications on the database go by';

/** The command of a task, as its definition says. */
export function taskCommand(task: MaintenanceTask<TaskName>): MaintenanceCommand {
  const { command: definition, settings } = task;
  const runUnconnected = definition.runUnconnected?.bind(definition);
  return {
    name: task.commandName,
    task: task.name,
    summary: definition.summary,
    examples: definition.examples,
    declare: (command) => {
      definition.declare(command);
      declareWaitFlag(command);
      declareAttributionFlags(command);
      command.option(
        '--scheduled [time]',
        'a scheduler outside starts it, such as a CronJob; with the time that it was scheduled for, that slot is run once, whoever starts it',
        (text) => timeOfFlag('scheduled', text),
      );
      if ((settings.policy ?? []).length > 0) {
        command.option('--own-policy', OWN_POLICY_HELP);
      }
    },
    plan: (command) => {
      const request = { ...definition.request(command), ...requestedWait(command), ...requestedAttribution(command) };
      const { scheduled } = command.opts<{ readonly scheduled?: Date | true }>();
      return (session) => runTask(task, session, request, scheduled);
    },
    configure: (config, { env, output }) => {
      const given = Reflect.get(config, settings.name) as object | undefined;
      const hide = (secrets: readonly string[]): void => output.hide(redaction(secrets));
      const completed = definition.configure?.(given, { env, hide }) ?? given;
      return completed === undefined ? config : { ...config, [settings.name]: completed };
    },
    ...(runUnconnected === undefined
      ? {}
      : {
          planUnconnected: (command) => {
            const request = { ...definition.request(command), ...requestedAttribution(command) };
            return async ({ options, output, interruption }) => {
              const section: unknown = Reflect.get(await options(), settings.name);
              return stoppable(task, { interruption, note: output.note }, async (signal) => {
                const { report, notes } = await runUnconnected(section, { ...request, signal });
                notes.forEach((line) => output.note(line));
                return report;
              });
            };
          },
        }),
  };
}

/** Adds the flag of every task that says how long to wait for another run of it. */
function declareWaitFlag(command: Command): void {
  command.option(
    '--wait <duration>',
    'while another process runs this task, wait so long for it to end or to lose its lease: seconds, or as 90s, 2m or 1h, 0 = do not wait (default: 0)',
    secondsFlag('--wait', { maxSeconds: LONGEST_CLAIM_WAIT_MS / SECOND_MS, zero: 'do not wait' }),
  );
}

/** What the flag asks for; nothing when it is not given. */
function requestedWait(command: Command): Pick<TaskRequest, 'waitMs'> {
  const { wait } = command.opts<{ readonly wait?: number }>();
  return wait === undefined ? {} : { waitMs: wait * SECOND_MS };
}

async function runTask(
  task: MaintenanceTask<TaskName>,
  { maintenance, output, interruption }: CommandSession,
  request: TaskRequest,
  scheduled: Date | true | undefined,
): Promise<CommandOutcome> {
  const run = (asked: TaskRequest): Promise<TaskReport> =>
    scheduled === undefined
      ? maintenance.runTask(task.name, asked)
      : maintenance.runScheduled(task.name, asked, scheduled === true ? undefined : scheduled);
  const { progressBars } = task.command;
  const terminal = output.liveTerminal;
  if (terminal === undefined || progressBars === undefined) {
    return stoppable(task, { interruption, note: output.note }, (signal) => run({ ...request, signal }));
  }
  const bars = new CleanupProgressBars(terminal, progressBars);
  try {
    const onProgress: CleanupProgressBars['show'] = (progress) => bars.show(progress);
    const asked = { ...request, onProgress };
    return await stoppable(task, { interruption, note: bars.note }, (signal) => run({ ...asked, signal }));
  } finally {
    bars.stop();
  }
}

async function stoppable(
  { command }: MaintenanceTask,
  { interruption, note }: Pick<CommandSession, 'interruption'> & Pick<CommandOutput, 'note'>,
  run: (signal: AbortSignal) => Promise<TaskReport>,
): Promise<CommandOutcome> {
  const { stopNote = 'stopping after the batch in flight; once more ends it at once' } = command;
  const stopping = interruption.leaveTo(run, (name) => note(`${name}: ${stopNote}`));
  const report = await stopping.catch((error: unknown) => {
    throw command.inFlagWords?.(error) ?? error;
  });
  const complaint = command.complaint(report);
  return {
    report,
    text: (paint) => command.text(report, paint),
    exitCode: command.hasFindings?.(report) === true ? EXIT_CODE.findings : exitCodeOfReport(report),
    ...(complaint === undefined ? {} : { complaint }),
  };
}
