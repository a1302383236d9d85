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
  const exitCode = await runCommandLine({ args, env, stdout, stderr });
  stdout.end();
  stderr.end();
  const [out, errors] = await written;
  return { exitCode, signal: null, stdout: out, stderr: errors };
}
