#!/usr/bin/env node
import {
  endAsFailure,
  flushed,
  listenToProcess,
  reserveStandardOutput,
  surviveWriteErrors,
} from './standard-streams.js';

const LINGER_MS = 1_000;

async function main(): Promise<void> {
  const hasEnded = endAsFailure();
  const { signals, hasCrashed } = listenToProcess();
  const { argv, env, stdin, stderr } = process;
  const stdout = reserveStandardOutput();
  const writeError = surviveWriteErrors(stdout);
  surviveWriteErrors(stderr);
  // Loaded only here: a signal that comes meanwhile is heard.
  await import('reflect-metadata');
  const [{ runCommandLine }, { EXIT_CODE }] = await Promise.all([
    import('./command-line.js'),
    import('./exit-codes.js'),
  ]);
  const ended = await runCommandLine({ args: argv.slice(2), env, stdin, stdout, stderr, signals });
  const isCrash = hasCrashed() && (ended === EXIT_CODE.done || ended === EXIT_CODE.stopped);
  const exitCode = isCrash ? EXIT_CODE.failed : ended;
  hasEnded();
  process.exitCode = exitCode;
  // A connection that is silent would keep the process alive. What was written comes out first.
  setTimeout(() => stdout.write('', () => process.exit()), LINGER_MS).unref();
  await flushed(stdout);
  const failure = writeError();
  if (failure !== undefined) {
    process.exitCode = exitCode === EXIT_CODE.done ? EXIT_CODE.partial : exitCode;
    stderr.write(`tenxyte-maintenance: The report could not be written to standard output: ${failure}.\n`);
  }
}

void main();
