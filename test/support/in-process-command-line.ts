import 'reflect-metadata';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommandLine } from '../../src/cli/command-line.js';
import type { FinishedCall } from './command-line.js';

/** Runs the command line's source in this process, where what it runs through is counted. */
export async function runInThisProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<FinishedCall> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const written = Promise.all([text(stdout), text(stderr)]);
  const exitCode = await withEnvironment(env, () => runCommandLine({ args, env, stdout, stderr }));
  stdout.end();
  stderr.end();
  const [out, errors] = await written;
  return { exitCode, signal: null, stdout: out, stderr: errors };
}

const OUTER = { ...process.env };

/** What the command line starts itself inherits the environment of the process. */
async function withEnvironment<Result>(
  env: Readonly<Record<string, string>>,
  work: () => Promise<Result>,
): Promise<Result> {
  exchangeEnvironment({ PATH: OUTER['PATH'], ...env });
  try {
    return await work();
  } finally {
    exchangeEnvironment(OUTER);
  }
}

function exchangeEnvironment(env: NodeJS.ProcessEnv): void {
  Object.keys(process.env).forEach((name) => Reflect.deleteProperty(process.env, name));
  Object.assign(process.env, env);
}
