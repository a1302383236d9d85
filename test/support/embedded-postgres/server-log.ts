import { existsSync, readFileSync } from 'node:fs';
import type { Workspace } from './workspace.js';

const TAIL_LINES = 30;

/** The length of the server log, in bytes: where the output of the next process will begin. */
export function serverLogLength(workspace: Workspace): number {
  return readServerLog(workspace).length;
}

/** What was logged after a length given by {@link serverLogLength}. */
export function serverLogSince(workspace: Workspace, length: number): string {
  return readServerLog(workspace).subarray(length).toString('utf8');
}

/** The last lines of the server log, for an error message. */
export function serverLogTail(workspace: Workspace): string {
  return readServerLog(workspace).toString('utf8').trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

function readServerLog({ serverLog }: Workspace): Buffer {
  return existsSync(serverLog) ? readFileSync(serverLog) : Buffer.alloc(0);
}
