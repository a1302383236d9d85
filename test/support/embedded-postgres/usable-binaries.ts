import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isReachableByOthers } from './reachable-by-others.js';
import { giveTo } from './server-account.js';
import type { Workspace } from './workspace.js';

/** The two programs a server needs, at paths its account can run. */
export interface ServerBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The binaries of a native directory, copied into the workspace when the server's account cannot reach them.
 * PostgreSQL finds `lib` and `share` relative to `bin`, so the whole directory is copied (about 60 MB).
 */
export function usableBinaries(nativeDirectory: string, workspace: Workspace): ServerBinaries {
  const installed = binariesIn(nativeDirectory);
  if (workspace.account === undefined || isReachableByOthers(installed.postgres)) {
    return installed;
  }
  cpSync(nativeDirectory, workspace.nativeCopy, { recursive: true, verbatimSymlinks: true });
  giveTo(workspace.account, workspace.nativeCopy);
  for (const entry of readdirSync(workspace.nativeCopy, { recursive: true, encoding: 'utf8' })) {
    giveTo(workspace.account, join(workspace.nativeCopy, entry));
  }
  return binariesIn(workspace.nativeCopy);
}

function binariesIn(nativeDirectory: string): ServerBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    initdb: join(nativeDirectory, 'bin', `initdb${suffix}`),
    postgres: join(nativeDirectory, 'bin', `postgres${suffix}`),
  };
}
