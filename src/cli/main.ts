#!/usr/bin/env node
import 'reflect-metadata';
import { Console } from 'node:console';
import { runCommandLine } from './command-line.js';

const LINGER_MS = 1_000;

/** Standard output carries the report alone: whatever a config file or a library prints goes to standard error. */
async function main(): Promise<void> {
  const { argv, env, stdout, stderr } = process;
  globalThis.console = new Console(stderr);
  stdout.on('error', ignoreClosedPipe);
  stderr.on('error', ignoreClosedPipe);
  process.exitCode = await runCommandLine({ args: argv.slice(2), env, stdout, stderr });
  // A connection that is silent would keep the process alive. What was written comes out first.
  setTimeout(() => stdout.write('', () => process.exit()), LINGER_MS).unref();
}

/** Whoever reads may leave early, as `head` does; the run goes on. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') {
    throw error;
  }
}

void main();
