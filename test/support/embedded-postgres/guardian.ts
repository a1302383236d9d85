import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { exitOf } from './process-exit.js';
import type { Workspace } from './workspace.js';

/** Ends what runs in a workspace and removes it when this process ends, for whatever reason. */
export interface Guardian {
  /** Has it done now, and waits for that. */
  dismiss(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('guardian.sh', import.meta.url));

/** Puts a guardian on a workspace, which need not exist yet; it does not keep this process alive. */
export function postGuardian(workspace: Workspace): Guardian {
  return process.platform === 'win32' ? exitHook(workspace) : detachedShell(workspace);
}

/**
 * A shell in a session of its own that reads from a pipe until this process closes it, by will or by dying.
 * Node opens its end close-on-exec, so no other child holds the pipe open.
 */
function detachedShell({ directory }: Workspace): Guardian {
  const shell = spawn('/bin/sh', [SCRIPT, directory], {
    cwd: '/',
    detached: true,
    env: { PATH: process.env['PATH'] },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const exit = exitOf(shell);
  shell.stdin.on('error', () => undefined); // Closing the pipe of a guardian that somebody killed is no failure.
  shell.unref();
  return {
    dismiss: async () => {
      shell.ref();
      shell.stdin.end();
      await exit;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Best effort where there is no shell: works for an orderly exit of this process, not when it is killed. */
function exitHook({ directory }: Workspace): Guardian {
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  process.once('exit', remove);
  return {
    dismiss: async () => {
      await rm(directory, { recursive: true, force: true, maxRetries: 10 });
      process.off('exit', remove);
    },
  };
}
