import { rmSync, writeFileSync } from 'node:fs';
import { spawnGuarded } from './guarded-process.js';
import { CLEAN_EXIT, exitOf } from './process-exit.js';
import { giveTo } from './server-account.js';
import { serverLogTail } from './server-log.js';
import type { Workspace } from './workspace.js';

/** The superuser of every embedded server. */
export const SUPERUSER = 'postgres';

/** How the data directory is made. */
export interface ClusterPlan {
  /** Path of the initdb program. */
  readonly initdb: string;
  readonly password: string;
  /** Whether initdb waits until the disk has the files. */
  readonly isDurable: boolean;
}

/**
 * Makes the data directory: locale C, encoding UTF8, scram-sha-256 for every connection.
 * The password reaches initdb in a file only its account can read, removed before this returns.
 */
export async function initialiseCluster(workspace: Workspace, plan: ClusterPlan): Promise<void> {
  writeFileSync(workspace.passwordFile, plan.password, { mode: 0o600, flag: 'wx' });
  try {
    giveTo(workspace.account, workspace.passwordFile);
    const outcome = await exitOf(spawnGuarded(workspace, plan.initdb, initdbArguments(workspace, plan.isDurable)));
    if (outcome !== CLEAN_EXIT) {
      throw new Error(`initdb failed with ${outcome}. Its output ends with:\n${serverLogTail(workspace)}`);
    }
  } finally {
    rmSync(workspace.passwordFile, { force: true });
  }
}

function initdbArguments(workspace: Workspace, isDurable: boolean): readonly string[] {
  return [
    `--pgdata=${workspace.data}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${workspace.passwordFile}`,
    '--auth=scram-sha-256',
    '--locale=C',
    '--encoding=UTF8',
    '--no-instructions',
    ...(isDurable ? [] : ['--no-sync']),
  ];
}
