import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Workspace } from './workspace.js';

/**
 * A process enters itself in the workspace before it becomes the program, so there is no moment at which the program
 * runs unknown to the guardian; once the guardian has taken the list away, the entry fails and the program never runs.
 */
const ENTER_THEN_RUN = ': > "$0/$$" && exec "$@"';

/**
 * Runs a PostgreSQL program under the workspace's account, in a session of its own, its output appended to the server log.
 * A terminal's Ctrl-C does not reach it: this process, or else the guardian, ends it.
 */
export function spawnGuarded(workspace: Workspace, program: string, programArguments: readonly string[]): ChildProcess {
  const log = openSync(workspace.serverLog, 'a', 0o600);
  const options: SpawnOptions = {
    ...workspace.account,
    cwd: workspace.directory,
    // Nothing else of the caller's environment: PGDATA, PGPORT or a locale would change what the server does.
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', log, log],
  };
  try {
    return process.platform === 'win32'
      ? spawnWithExitHook(program, programArguments, options)
      : spawnEntered(workspace, [program, ...programArguments], options);
  } finally {
    closeSync(log);
  }
}

function spawnEntered({ processes }: Workspace, command: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn('/bin/sh', ['-c', ENTER_THEN_RUN, processes, ...command], { ...options, detached: true });
  // The entry goes with the process: its pid may be given to another one.
  child.once('exit', () => rmSync(join(processes, String(child.pid)), { force: true }));
  return child;
}

/** Windows has no guardian: the process is ended when this one exits in an orderly way, and left behind when it is killed. */
function spawnWithExitHook(program: string, programArguments: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(program, programArguments, { ...options, windowsHide: true });
  const end = () => child.kill();
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return child;
}
