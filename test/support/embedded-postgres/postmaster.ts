import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { probeConnection } from './connection-probe.js';
import { spawnGuarded } from './guarded-process.js';
import { PortTakenError } from './port-taken.error.js';
import { exitOf, hasExited } from './process-exit.js';
import { serverLogLength, serverLogSince, serverLogTail } from './server-log.js';
import type { Workspace } from './workspace.js';

const POLL_INTERVAL_MS = 20;
const READY_TIMEOUT_MS = 30_000;
const SHUTDOWN_TIMEOUT_MS = 15_000;

/** What PostgreSQL says when it can listen on no address at all. */
const CANNOT_LISTEN = 'could not create any TCP/IP sockets';

/** What a server is started with. */
export interface PostmasterPlan {
  /** Path of the postgres program. */
  readonly postgres: string;
  /** The arguments after the data directory. */
  readonly settingArguments: readonly string[];
  readonly url: string;
  readonly port: number;
}

/**
 * Starts the server and waits until it answers a query.
 * Throws {@link PortTakenError}, or an error with the end of the server's log when it exits or is not ready after 30 s.
 */
export async function startPostmaster(workspace: Workspace, plan: PostmasterPlan): Promise<ChildProcess> {
  const logLength = serverLogLength(workspace);
  const postmaster = spawnGuarded(workspace, plan.postgres, ['-D', workspace.data, ...plan.settingArguments]);
  const exit = exitOf(postmaster);
  const failure = await waitUntilReady(postmaster, plan.url);
  if (failure === undefined) {
    postmaster.unref();
    return postmaster;
  }
  await stopPostmaster(postmaster, 'SIGQUIT');
  if (serverLogSince(workspace, logLength).includes(CANNOT_LISTEN)) {
    throw new PortTakenError(plan.port);
  }
  const problem = `PostgreSQL did not start: ${failure.message}; it ended with ${await exit}.`;
  throw new Error(`${problem} Its log ends with:\n${serverLogTail(workspace)}`, { cause: failure });
}

/** Sends the postmaster a shutdown signal and waits for its end, with an immediate shutdown after 15 s. */
export async function stopPostmaster(postmaster: ChildProcess, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  if (hasExited(postmaster)) {
    return;
  }
  postmaster.ref();
  const exit = exitOf(postmaster);
  postmaster.kill(signal);
  const impatience = setTimeout(() => postmaster.kill('SIGQUIT'), SHUTDOWN_TIMEOUT_MS);
  await exit;
  clearTimeout(impatience);
}

async function waitUntilReady(postmaster: ChildProcess, url: string): Promise<Error | undefined> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const failure = await probeConnection(url);
    if (failure === undefined || hasExited(postmaster) || performance.now() > deadline) {
      return failure;
    }
    await delay(POLL_INTERVAL_MS);
  }
}
