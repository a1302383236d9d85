import { Injectable } from '@nestjs/common';

/** How long this application has been up. Replace the provider in tests. */
@Injectable()
export class Uptime {
  private readonly startedAt = performance.now();

  public seconds(): number {
    return (performance.now() - this.startedAt) / 1000;
  }
}
