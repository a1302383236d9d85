import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { initialiseCluster, SUPERUSER } from './cluster.js';
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from './embedded-postgres.js';
import { freePort } from './free-port.js';
import { postGuardian, type Guardian } from './guardian.js';
import { startPostmaster, stopPostmaster, type PostmasterPlan } from './postmaster.js';
import { retryWhilePortTaken } from './retry-while-port-taken.js';
import { settingArguments } from './server-settings.js';
import { usableBinaries } from './usable-binaries.js';
import { createWorkspace, planWorkspace, type Workspace } from './workspace.js';

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
export async function launch(
  nativeDirectory: string,
  options: EmbeddedPostgresOptions,
  pickPort: () => Promise<number> = freePort,
): Promise<EmbeddedPostgres> {
  const workspace = planWorkspace();
  const guardian = postGuardian(workspace);
  try {
    createWorkspace(workspace);
    const { initdb, postgres } = usableBinaries(nativeDirectory, workspace);
    const password = randomBytes(24).toString('hex');
    await initialiseCluster(workspace, { initdb, password, isDurable: options.durable === true });
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
      await stopPostmaster(server.postmaster, mode === 'immediate' ? 'SIGQUIT' : 'SIGINT');
      server.postmaster = await retryWhilePortTaken(() => startPostmaster(server.workspace, server.plan));
    },
    stop: () => (stopped ??= stop(server)),
  };
}

async function stop({ postmaster, guardian }: RunningServer): Promise<void> {
  await stopPostmaster(postmaster, 'SIGINT');
  await guardian.dismiss();
}
