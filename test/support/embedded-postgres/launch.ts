import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { initialiseCluster, SUPERUSER } from './cluster.js';
import type { EmbeddedPostgres, EmbeddedPostgresOptions, RestartMode } from './embedded-postgres.js';
import { freePort } from './free-port.js';
import { postGuardian, type Guardian } from './guardian.js';
import { startPostmaster, stopPostmaster, type PostmasterPlan } from './postmaster.js';
import { retryWhilePortTaken } from './retry-while-port-taken.js';
import { settingArguments } from './server-settings.js';
import { usableBinaries, type ServerBinaries } from './usable-binaries.js';
import { createWorkspace, planWorkspace, type Workspace } from './workspace.js';

/** What tells a postmaster how to stop. */
const SIGNALS = { immediate: 'SIGQUIT', fast: 'SIGINT' } as const satisfies Record<RestartMode, NodeJS.Signals>;

/** A started server and all that is needed to restart it. */
interface RunningServer {
  readonly workspace: Workspace;
  readonly guardian: Guardian;
  readonly plan: PostmasterPlan;
  postmaster: ChildProcess;
}

/**
 * Starts a server from the binaries of a native directory; a start that fails leaves nothing behind.
 * The port is picked again when another process takes it before the server does.
 */
export function launch(
  nativeDirectory: string,
  options: EmbeddedPostgresOptions,
  pickPort: () => Promise<number> = freePort,
): Promise<EmbeddedPostgres> {
  return launchOn({ nativeDirectory, options, pickPort }, async (workspace, { initdb }) => {
    const password = randomBytes(24).toString('hex');
    await initialiseCluster(workspace, { initdb, password, isDurable: options.durable === true });
    return password;
  });
}

/** What a server is launched from, but for its data. */
export interface LaunchInput {
  readonly nativeDirectory: string;
  readonly options: EmbeddedPostgresOptions;
  readonly pickPort?: () => Promise<number>;
}

/** The same on a data directory that `prepare` makes; it answers the superuser's password. */
export async function launchOn(
  { nativeDirectory, options, pickPort = freePort }: LaunchInput,
  prepare: (workspace: Workspace, binaries: ServerBinaries) => Promise<string>,
): Promise<EmbeddedPostgres> {
  const workspace = planWorkspace();
  const guardian = postGuardian(workspace);
  try {
    createWorkspace(workspace);
    const binaries = usableBinaries(nativeDirectory, workspace);
    const { postgres } = binaries;
    const password = await prepare(workspace, binaries);
    return await retryWhilePortTaken(async () => {
      const plan = postmasterPlan({ postgres, password, options, port: await pickPort() });
      return handle({ workspace, guardian, plan, postmaster: await startPostmaster(workspace, plan) });
    });
  } catch (error) {
    await guardian.dismiss();
    throw error;
  }
}

interface PlanInput {
  readonly postgres: string;
  readonly password: string;
  readonly options: EmbeddedPostgresOptions;
  readonly port: number;
}

function postmasterPlan({ postgres, password, options, port }: PlanInput): PostmasterPlan {
  return {
    postgres,
    port,
    settingArguments: settingArguments(options, port),
    url: `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`,
  };
}

function handle(server: RunningServer): EmbeddedPostgres {
  let stopped: Promise<void> | undefined;
  return {
    url: server.plan.url,
    dataDirectory: server.workspace.data,
    port: server.plan.port,
    restart: async (mode) => {
      if (stopped !== undefined) {
        throw new Error('A stopped PostgreSQL cannot be restarted: its data is gone. Start another one.');
      }
      await stopPostmaster(server.postmaster, SIGNALS[mode]);
      server.postmaster = await retryWhilePortTaken(() => startPostmaster(server.workspace, server.plan));
    },
    stop: (mode = 'fast') => (stopped ??= stop(server, mode)),
  };
}

async function stop({ postmaster, guardian }: RunningServer, mode: RestartMode): Promise<void> {
  await stopPostmaster(postmaster, SIGNALS[mode]);
  await guardian.dismiss();
}
