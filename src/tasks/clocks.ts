import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** The application's own clock, which its timers follow: only slots are told by it, never a cutoff. Replace the provider in tests. */
@Injectable()
export class WallClock {
  public now(): Date {
    return new Date();
  }
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
}
