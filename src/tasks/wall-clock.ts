import { Injectable } from '@nestjs/common';

/** The application's own clock, which its timers follow: only slots are told by it, never a cutoff. Replace the provider in tests. */
@Injectable()
export class WallClock {
  public now(): Date {
    return new Date();
  }
}
