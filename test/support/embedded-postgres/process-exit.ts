import type { ChildProcess } from 'node:child_process';

/** What {@link exitOf} gives for a process that ended well. */
export const CLEAN_EXIT = 'exit code 0';

/** Waits for the end of a process, or of the attempt to start it, and says how it ended; never rejects. */
export function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    if (hasExited(child)) {
      resolve(describeExit(child));
      return;
    }
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(describeExit(child)));
  });
}

/** Whether a process has ended, as far as this process has been told. */
export function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function describeExit({ exitCode, signalCode }: ChildProcess): string {
  return signalCode === null ? `exit code ${exitCode}` : `signal ${signalCode}`;
}
