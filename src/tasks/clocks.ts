import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Instant } from '../database/instant.js';
import { formatDuration } from '../text/format.js';

/** The application's own clock, which its timers follow: only slots are told by it, never a cutoff. Replace the provider in tests. */
@Injectable()
export class WallClock {
  public now(): Date {
    return new Date();
  }
}

/**
 * Clocks that differ by more than this are not both right; a time server keeps them closer. A slot that lies further in the future by the
 * database's clock is granted to nobody.
 */
export const CLOCK_TOLERANCE_MS = 1_000;

/** The database's time. */
export interface DatabaseTime {
  readonly at: Instant;
  /** By how many milliseconds the application's clock is ahead of it at least, negative when it is behind; 0 when they may agree. */
  readonly leadMs: number;
  /** When it was answered, by {@link RunTime}. */
  readonly readAt: number;
}

/** Asks the database for its time, which may be from any moment until it answers, and compares the application's clock with it. */
export async function askForTime<Answer extends Pick<DatabaseTime, 'at'>>(
  { clock, time }: { readonly clock: WallClock; readonly time: RunTime },
  ask: () => Promise<Answer>,
): Promise<Answer & DatabaseTime> {
  const askedAt = clock.now().getTime();
  const answer = await ask();
  const answeredAt = clock.now().getTime();
  const at = Date.parse(answer.at);
  const leadMs = Math.max(0, askedAt - at) - Math.max(0, at - answeredAt);
  return { ...answer, leadMs, readAt: time.now() };
}

/** A clock that leads the database's by so much, or lags behind it, in words: `1 h 0 min ahead of the database's`. */
export function clockDifference(leadMs: number): string {
  return `${formatDuration(Math.abs(leadMs))} ${leadMs > 0 ? 'ahead of' : 'behind'} the database's`;
}

/** How long this application has been up. Replace the provider in tests. */
@Injectable()
export class Uptime {
  private readonly startedAt = performance.now();

  public seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}

/** Time as a run spends it: it only ever passes, whatever happens to the clock on the wall. Replace the provider in tests. */
@Injectable()
export class RunTime {
  /** Milliseconds since some moment in the past. */
  public now(): number {
    return performance.now();
  }

  /** Waits, but no longer than until the signal fires. Never throws. */
  public async sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    await delay(milliseconds, undefined, { signal }).catch(() => undefined);
  }

  /** Waits as {@link sleep} does, but does not keep the process alive. */
  public async idle(milliseconds: number, signal: AbortSignal): Promise<void> {
    await delay(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
