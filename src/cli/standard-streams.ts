import { Console } from 'node:console';
import { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { errorMessage } from '../errors/error-message.js';
import { onOneLine } from '../text/format.js';
import type { OutputStream } from './command-line-io.js';
import type { CommandSignals } from './command-interruption.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Keeps standard output for the report alone: whatever a config file or a library writes to `process.stdout`, or prints, goes to standard
 * error. Answers the stream for the report.
 */
export function reserveStandardOutput(): OutputStream {
  const { stdout, stderr } = process;
  Object.defineProperty(process, 'stdout', { configurable: true, enumerable: true, get: () => stderr });
  syncBuiltinESMExports();
  globalThis.console = new Console(stderr);
  return stdout;
}

/**
 * Lets a run go on when its output can no longer be written. Answers what was wrong with it; undefined when nothing was, or when the
 * reader has left early, as `head` does.
 */
export function surviveWriteErrors(stream: OutputStream): () => string | undefined {
  let failure: string | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      failure ??= errorMessage(error);
    }
  });
  return () => failure;
}

/** Waits until a stream has passed on all that was written to it, or has failed. */
export async function flushed(stream: OutputStream): Promise<void> {
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve());
  });
  // A failure is told to the writer first, and to the stream's listeners in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
}

/** Until the command has ended, an end of the process is a failure, also where a config file calls `process.exit()`. */
export function endAsFailure(): () => void {
  process.exitCode = 1;
  const onExit = (code: number): void => {
    if (code === 0) {
      process.exitCode = 1;
      writeSync(2, 'tenxyte-maintenance: The process was told to exit before the command had ended.\n');
    }
  };
  process.on('exit', onExit);
  return () => void process.off('exit', onExit);
}

/**
 * Turns the first SIGINT or SIGTERM into an abort, and an error that nobody caught, of a config file's timer for instance, too. A second one ends the process at once, as it would without this, also where the process
 * is the first of its container, for which no signal has an effect of its own.
 */
export function listenToProcess(): { readonly signals: CommandSignals; readonly hasCrashed: () => boolean } {
  const [stop, idle] = [new AbortController(), new AbortController()];
  const onSignal = (name: NodeJS.Signals): void => {
    if (!stop.signal.aborted) {
      stop.abort(name);
      return;
    }
    STOP_SIGNALS.forEach((one) => process.off(one, onSignal));
    process.kill(process.pid, name);
    process.exit(128 + constants.signals[name]);
  };
  STOP_SIGNALS.forEach((name) => process.on(name, onSignal));
  process.once('beforeExit', () => idle.abort());
  let hasCrashed = false;
  process.on('uncaughtException', (error) => {
    hasCrashed = true;
    stop.abort(`An error that nobody caught (${onOneLine(errorMessage(error))})`);
  });
  return { signals: { stop: stop.signal, idle: idle.signal }, hasCrashed: () => hasCrashed };
}
