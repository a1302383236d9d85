import type { ActiveRun } from '../../tasks/active-run.js';
import type { RunTime } from '../../tasks/clocks.js';

/** How a run spends its time, in milliseconds. */
export interface RunBudgetSettings {
  /** 0 = no limit. */
  readonly maxDurationMs: number;
  /** 0 = none. */
  readonly pauseBetweenBatchesMs: number;
}

/** The time budget of a run and its pauses between two batches. */
export class RunBudget {
  private readonly startedAt: number;
  private isPauseDue = false;

  public constructor(
    private readonly run: Pick<ActiveRun, 'stop' | 'signal'>,
    private readonly settings: RunBudgetSettings,
    private readonly time: RunTime,
  ) {
    this.startedAt = time.now();
  }

  /** True once no further batch may begin. The first to ask after the time is over stops the run. */
  public readonly isStopping = (): boolean => {
    if (this.remainingMs <= 0) {
      this.run.stop('time-budget');
    }
    return this.run.signal.aborted;
  };

  /** Notes a batch: the next one waits for the pause. */
  public countBatch(): void {
    this.isPauseDue = this.settings.pauseBetweenBatchesMs > 0;
  }

  /** To be awaited before each batch, outside any transaction: pauses once after the last one, no longer than the run may go on. */
  public async beforeBatch(): Promise<void> {
    if (this.isPauseDue && !this.isStopping()) {
      this.isPauseDue = false;
      await this.time.sleep(Math.min(this.settings.pauseBetweenBatchesMs, this.remainingMs), this.run.signal);
    }
    this.isStopping();
  }

  private get remainingMs(): number {
    const { maxDurationMs } = this.settings;
    return maxDurationMs === 0 ? Infinity : maxDurationMs - (this.time.now() - this.startedAt);
  }
}
