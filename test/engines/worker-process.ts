import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TenxyteMaintenanceOptions } from '../../src/index.js';

/** With a pause after each page of them, some seconds of work. */
export const ROWS = 10_000;

/** Of a host whose engine runs the cleanup, with a lease that tests can wait for. */
export const SHORT: TenxyteMaintenanceOptions = {
  leaseSeconds: 5,
  cleanup: { statementTimeoutMs: 1_000, lockTimeoutMs: 200 },
  schedule: { agentHeartbeat: false, cleanup: { by: 'engine', expectedEvery: '1d' } },
};

/** The same, whose runs can be met at work. */
export const SLOW: TenxyteMaintenanceOptions = {
  ...SHORT,
  cleanup: { ...SHORT.cleanup, pauseBetweenBatchesMs: 20, targetBatchMs: 1, maxConnections: 1 },
};

/** Ends a process by a signal, if it has not ended; answers its exit code, or the signal. */
export async function end(worker: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null> {
  if (worker.exitCode !== null || worker.signalCode !== null) {
    return worker.exitCode ?? worker.signalCode;
  }
  const exit = once(worker, 'exit') as Promise<[number | null, string | null]>;
  worker.kill(signal);
  const [code, name] = await exit;
  return name ?? code;
}
