import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import {
  endAsFailure,
  flushed,
  listenToProcess,
  reserveStandardOutput,
  surviveWriteErrors,
} from '../../src/cli/standard-streams.js';

/** What the process itself had, which a test puts back. */
const PROCESS_STDOUT = Object.getOwnPropertyDescriptor(process, 'stdout');
const LISTENED = ['SIGINT', 'SIGTERM', 'beforeExit', 'uncaughtException', 'exit'] as const;
const before = new Map(LISTENED.map((name) => [name, process.listeners(name as 'exit')]));

afterEach(() => {
  for (const name of LISTENED) {
    for (const listener of process.listeners(name as 'exit')) {
      if (before.get(name)?.includes(listener) !== true) {
        process.off(name, listener);
      }
    }
  }
  process.exitCode = undefined;
  jest.restoreAllMocks();
});

/** The listener that was added last. */
function added(name: (typeof LISTENED)[number]): (...parameters: unknown[]) => void {
  return process.listeners(name as 'exit').at(-1) as unknown as (...parameters: unknown[]) => void;
}

describe('standard output', () => {
  it('is kept for the report: what others write to it goes to standard error', () => {
    const { console: consoleBefore } = globalThis;
    const { stdout, stderr } = process;
    try {
      expect(reserveStandardOutput()).toBe(stdout);
      expect(process.stdout).toBe(stderr);
    } finally {
      Object.defineProperty(process, 'stdout', PROCESS_STDOUT ?? { value: stdout });
      globalThis.console = consoleBefore;
    }
  });

  it.each([
    ['EPIPE', undefined],
    ['ENOSPC', 'no space left on device'],
  ])('that fails with %s leaves the run alone, and tells %j', async (code, told) => {
    const failing = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('no space left on device'), { code })),
    });
    const writeError = surviveWriteErrors(failing);
    await flushed(failing);
    failing.emit('error', Object.assign(new Error('a later one'), { code }));
    expect(writeError()).toBe(told);
  });
});

describe('an end of the process before that of the command', () => {
  it('is a failure, unless it is one already or the command has ended', () => {
    const ended = endAsFailure();
    expect(process.exitCode).toBe(1);
    const onExit = added('exit');
    process.exitCode = 3;
    onExit(3);
    expect(process.exitCode).toBe(3);
    ended();
    expect(process.listeners('exit')).not.toContain(onExit);
  });
});

describe('what the process is told', () => {
  it('a first signal stops the command, a second one ends the process', () => {
    const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
    const exit = jest.spyOn(process, 'exit').mockReturnValue(undefined as never);
    const { signals, hasCrashed } = listenToProcess();
    const onSignal = added('SIGTERM');
    onSignal('SIGTERM');
    expect([signals.stop.aborted, signals.stop.reason, kill.mock.calls]).toEqual([true, 'SIGTERM', []]);
    onSignal('SIGTERM');
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTERM');
    expect(exit).toHaveBeenCalledWith(143);
    expect(process.listeners('SIGTERM')).not.toContain(onSignal);
    expect(hasCrashed()).toBe(false);
  });

  it('an error that nobody caught stops the command, and is told of on one line', () => {
    const { signals, hasCrashed } = listenToProcess();
    added('uncaughtException')(new Error('a timer\nof a config file'));
    expect(signals.stop.reason).toMatch(/^An error that nobody caught \(a timer.*of a config file\)$/);
    expect(hasCrashed()).toBe(true);
  });

  it('that nothing is left to be done is told', () => {
    const { signals } = listenToProcess();
    expect(signals.idle.aborted).toBe(false);
    added('beforeExit')(0);
    expect(signals.idle.aborted).toBe(true);
  });
});
