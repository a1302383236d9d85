import { execFile } from 'node:child_process';

/** How a child process ended and what it printed. */
export interface Outcome {
  /** null when it was ended by a signal. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a child process runs and what its environment has beside the test's own. */
export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

const GIVE_UP_AFTER_MS = 60_000;
const MAX_OUTPUT_BYTES = 2 ** 26;

/** What the tests' own runner may have set, and what would show on a child's standard error. */
const UNINHERITED = { NODE_OPTIONS: undefined, FORCE_COLOR: undefined, NO_COLOR: '1' };

/** Runs a program to its end, whatever its exit code. */
export async function run(file: string, args: readonly string[], { cwd, env }: RunOptions): Promise<Outcome> {
  const options = {
    cwd,
    env: { ...process.env, ...UNINHERITED, ...env },
    timeout: GIVE_UP_AFTER_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  };
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      if (error !== null && child.pid === undefined) {
        reject(error);
      } else {
        resolve({ exitCode: child.exitCode, stdout, stderr });
      }
    });
  });
}

/** Runs a Node program to its end, on the Node of the tests. */
export async function runNode(args: readonly string[], options: RunOptions): Promise<Outcome> {
  return run(process.execPath, args, options);
}
