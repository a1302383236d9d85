import type { Command } from 'commander';
import type { TaskRequest } from '../../contract/maintenance-task.js';
import { LONGEST_CLAIM_WAIT_MS } from '../../tasks/claim-wait.js';
import { secondsFlag } from '../../validation/seconds-flag.js';

const SECOND_MS = 1_000;

/** Adds the flag of every task that says how long to wait for another run of it. */
export function declareWaitFlag(command: Command): void {
  command.option(
    '--wait <duration>',
    'while another process runs this task, wait so long for it to end or to lose its lease: seconds, or as 90s, 2m or 1h, 0 = do not wait (default: 0)',
    secondsFlag('--wait', { maxSeconds: LONGEST_CLAIM_WAIT_MS / SECOND_MS, zero: 'do not wait' }),
  );
}

/** What the flag asks for; nothing when it is not given. */
export function requestedWait(command: Command): Pick<TaskRequest, 'waitMs'> {
  const { wait } = command.opts<{ readonly wait?: number }>();
  return wait === undefined ? {} : { waitMs: wait * SECOND_MS };
}
