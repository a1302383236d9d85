import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isReachableByOthers } from './reachable-by-others.js';
import { giveTo, serverAccount, type ServerAccount } from './server-account.js';

/** The one directory that holds everything of one server, and who owns it. */
export interface Workspace {
  readonly directory: string;
  readonly account: ServerAccount | undefined;
  readonly data: string;
  /** One empty file for each process running here, named by its pid; the guardian reads it. */
  readonly processes: string;
  readonly serverLog: string;
  readonly passwordFile: string;
  /** Where the binaries are copied when the account cannot reach them; usually absent. */
  readonly nativeCopy: string;
}

/** Names a workspace and makes nothing, so that its guardian can be at its post before there is anything to lose. */
export function planWorkspace(): Workspace {
  const account = serverAccount();
  const directory = join(temporaryRoot(account), `embedded-postgres-${randomUUID()}`);
  return {
    directory,
    account,
    data: join(directory, 'data'),
    processes: join(directory, 'processes'),
    serverLog: join(directory, 'server.log'),
    passwordFile: join(directory, 'password'),
    nativeCopy: join(directory, 'native'),
  };
}

/** Makes the planned directories, closed to everybody but their owner. */
export function createWorkspace({ directory, processes, account }: Workspace): void {
  for (const path of [directory, processes]) {
    mkdirSync(path, { mode: 0o700 });
    giveTo(account, path);
  }
}

function temporaryRoot(account: ServerAccount | undefined): string {
  if (account === undefined) {
    return tmpdir();
  }
  const candidates = [tmpdir(), '/tmp', '/var/tmp'];
  const root = candidates.find(isReachableByOthers);
  if (root === undefined) {
    throw new Error(
      `PostgreSQL cannot run as root, and uid ${account.uid} cannot enter any of ${candidates.join(', ')}.`,
    );
  }
  return root;
}
