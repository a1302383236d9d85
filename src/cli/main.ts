#!/usr/bin/env node
import 'reflect-metadata';
import { runCommandLine } from './command-line.js';
import { EXIT_CODE } from './exit-codes.js';
import { flushed, listenToProcess, reserveStandardOutput, surviveWriteErrors } from './standard-streams.js';

const LINGER_MS = 1_000;

async function main(): Promise<void> {
  // Until the command has ended, an end is a failure.
  process.exitCode = EXIT_CODE.failed;
  const signals = listenToProcess();
  const { argv, env, stdin, stderr } = process;
  const stdout = reserveStandardOutput();
  const writeError = surviveWriteErrors(stdout);
  surviveWriteErrors(stderr);
  const exitCode = await runCommandLine({ args: argv.slice(2), env, stdin, stdout, stderr, signals });
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
