import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { ActiveRun } from './active-run.js';
import { type CompleteCoordinationSettings, COORDINATION_SETTINGS } from './coordination-settings.js';
import { withinTimeout } from '../database/within-timeout.js';

/** The runs at work in this process, and their end when the application shuts down. */
@Injectable()
export class ActiveRuns implements OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger('TenxyteMaintenance');
  private readonly runs = new Set<ActiveRun>();
  private readonly pending = new Set<Promise<unknown>>();
  private readonly closing = new AbortController();
  private deadline = Infinity;

  public constructor(@Inject(COORDINATION_SETTINGS) private readonly settings: CompleteCoordinationSettings) {}

  /** Aborted when the application begins to shut down. */
  public get closingSignal(): AbortSignal {
    return this.closing.signal;
  }

  /** Counts a run in while `work` goes on. */
  public async during<Result>(run: ActiveRun, work: () => Promise<Result>): Promise<Result> {
    this.runs.add(run);
    if (this.closing.signal.aborted) {
      run.stop('shutdown');
    }
    try {
      return await this.track(work());
    } finally {
      this.runs.delete(run);
      run.end();
    }
  }

  /** Makes a shutdown wait for some work, and for what comes before and after a run. */
  public async track<Result>(work: Promise<Result>): Promise<Result> {
    this.pending.add(work);
    try {
      return await work;
    } finally {
      this.pending.delete(work);
    }
  }

  /** The first thing at a shutdown: no more work is taken, and what goes on is asked to stop. */
  public onModuleDestroy(): void {
    this.deadline = performance.now() + this.settings.shutdownTimeoutMs;
    this.closing.abort();
    this.runs.forEach((run) => run.stop('shutdown'));
  }

  /** Waits for the runs, while TypeORM still has its connections: it closes them one hook later. */
  public async beforeApplicationShutdown(): Promise<void> {
    const timeLeftMs = Math.max(0, this.deadline - performance.now());
    const hasEnded = await withinTimeout(this.settled(), timeLeftMs);
    if (hasEnded === undefined && this.runs.size > 0) {
      const ids = [...this.runs].map(({ runId }) => runId).join(', ');
      this.logger.error(`Runs did not stop within shutdownTimeoutMs and are left to their leases: ${ids}`);
    }
  }

  private async settled(): Promise<true> {
    while (this.pending.size > 0) {
      await Promise.allSettled(this.pending);
    }
    return true;
  }
}
