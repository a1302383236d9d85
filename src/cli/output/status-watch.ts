import { setTimeout as delay } from 'node:timers/promises';
import type { MaintenanceStatus } from '../../status/maintenance-status.js';
import { fold } from '../../text/fold.js';
import { paintFor } from '../../text/paint.js';
import type { OutputStream } from '../command-line-io.js';
import { statusText } from './status-text.js';

/** As often as a run records how far it is. */
const PERIOD_MS = 1_000;

/** What a watch goes by. */
export interface StatusWatch {
  readonly ask: () => Promise<MaintenanceStatus>;
  readonly stdout: OutputStream & { readonly rows?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly redact: (text: string) => string;
  /** Ends the watch. */
  readonly stop: AbortSignal;
  /** Waits until the next look. @default a second */
  readonly wait?: (stop: AbortSignal) => Promise<void>;
}

type Show = (status: MaintenanceStatus) => void;
type TextOf = (status: MaintenanceStatus) => string;

/**
 * Shows the status anew again and again until it is told to stop, or nobody reads any more: drawn over the one before it on a terminal,
 * and anywhere else one below the other, whenever something has changed.
 */
export async function watchStatus({ ask, stdout, env, redact, stop, wait = aSecond }: StatusWatch): Promise<void> {
  const paint = paintFor(stdout, env);
  const textOf: TextOf = (status) => fold(redact(statusText(status, paint)), paint.columns);
  const isDrawn = stdout.isTTY === true && env['TERM'] !== 'dumb';
  const show = isDrawn ? onTerminal(stdout, textOf) : inLines(stdout, textOf);
  while (!stop.aborted && stdout.writable) {
    show(await ask());
    await wait(stop);
  }
}

async function aSecond(stop: AbortSignal): Promise<void> {
  await delay(PERIOD_MS, undefined, { signal: stop }).catch(() => undefined);
}

function onTerminal(stdout: StatusWatch['stdout'], textOf: TextOf): Show {
  let drawn = 0;
  return (status) => {
    // What is higher than the screen could not be drawn over.
    const lines = textOf(status)
      .split('\n')
      .slice(0, (stdout.rows ?? Infinity) - 1);
    const back = drawn === 0 ? '' : `\u001B[${drawn}A\u001B[0J`;
    stdout.write(`${back}${lines.join('\n')}\n`);
    drawn = lines.length;
  };
}

function inLines(stdout: StatusWatch['stdout'], textOf: TextOf): Show {
  let shown: string | undefined;
  return (status) => {
    const state = stateOf(status);
    if (state !== shown) {
      stdout.write(`${shown === undefined ? '' : '\n'}${textOf(status)}\n`);
      shown = state;
    }
  };
}

/** What the time alone changes is no change. */
function stateOf(status: MaintenanceStatus): string {
  const passing = ['at', 'leaseExpiresAt', 'leaseSecondsLeft', 'nextRunAt', 'reason', 'remainingMs'];
  return JSON.stringify(status, (key, value: unknown) => (passing.includes(key) ? null : value));
}
