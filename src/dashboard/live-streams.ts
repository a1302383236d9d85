import type { ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type MaintenanceStatus, TenxyteMaintenanceService } from '../index.js';

/** So often the tables are looked at, once for all that watch, and not at all when nobody does. */
const LOOK_MS = 1_000;
/** After so many looks without a change pages are loaded anew all the same, as times pass and rows become due. */
const LONGEST_QUIET_LOOKS = 30;

/** Tells pages that something changed, wherever it did: what, they ask for themselves. */
@Injectable()
export class LiveStreams implements OnModuleDestroy {
  private readonly streams = new Set<ServerResponse>();
  private timer: NodeJS.Timeout | undefined;
  private known = '';
  private quietLooks = 0;
  private isClosed = false;

  public constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  public open(stream: ServerResponse): void {
    if (this.isClosed) {
      stream.end();
      return;
    }
    this.streams.add(stream);
    stream.once('close', () => this.streams.delete(stream));
    stream.write('retry: 3000\n\n');
    this.timer ??= this.lookSoon();
  }

  /** To all who watch. */
  public tell(): void {
    this.streams.forEach((stream) => stream.write('event: change\ndata:\n\n'));
  }

  /** Before Nest closes the server, which waits for every answer. */
  public onModuleDestroy(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.streams.forEach((stream) => stream.end());
    // What is told from now on, as a look that goes on may, would be written behind their ends: an error that nobody takes.
    this.streams.clear();
  }

  private lookSoon(): NodeJS.Timeout {
    return setTimeout(() => void this.look(), LOOK_MS).unref();
  }

  private async look(): Promise<void> {
    const now = await this.digest().catch(() => this.known);
    this.quietLooks += 1;
    if (now !== this.known || this.quietLooks === LONGEST_QUIET_LOOKS) {
      this.known = now;
      this.quietLooks = 0;
      this.tell();
    }
    this.timer = this.streams.size > 0 && !this.isClosed ? this.lookSoon() : undefined;
  }

  private async digest(): Promise<string> {
    return digestOf(await this.moduleRef.get(TenxyteMaintenanceService, { strict: false }).status());
  }
}

/** All of it but what changes by the mere passing of time. */
function digestOf({ tasks, holds }: MaintenanceStatus): string {
  const lasting = tasks.map(({ running, ...state }) => {
    const { leaseExpiresAt: _, leaseSecondsLeft: __, ...run } = running ?? { leaseExpiresAt: '', leaseSecondsLeft: 0 };
    return { ...state, run };
  });
  return JSON.stringify([lasting, holds]);
}
