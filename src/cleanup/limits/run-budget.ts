import type { ActiveRun } from '../../tasks/active-run.js';
import type { RunTime } from '../../tasks/clocks.js';
import type { CleanupSettings } from '../cleanup-settings.js';

/** The time budget of a run, which begins with it, and its pauses between two batches. */
export class RunBudget {
  private readonly startedAt: number;
  private isPauseDue = false;

  public constructor(
    private readonly run: Pick<ActiveRun, 'stop' | 'signal'>,
    private readonly settings: Readonly<Required<Pick<CleanupSettings, 'maxDurationMs' | 'pauseBetweenBatchesMs'>>>,
    private readonly time: RunTime,
  ) {
    this.startedAt = time.now();
  }

  /** Stops the run when its time is over. To be called wherever it may end: before and after a batch, and between the slices of a count. */
  public check(): void {
    if (this.remainingMs <= 0) {
      this.run.stop('time-budget');
    }
  }

  /** To be awaited before each batch, outside any transaction: pauses once after the last one, no longer than the run may go on. */
  public async beforeBatch(): Promise<void> {
    this.check();
    if (this.isPauseDue && !this.run.signal.aborted) {
      this.isPauseDue = false;
      await this.time.sleep(Math.min(this.settings.pauseBetweenBatchesMs, this.remainingMs), this.run.signal);
      this.check();
    }
  }

  /** To be called after each batch: the next one waits for the pause. */
  public afterBatch(): void {
    this.isPauseDue = this.settings.pauseBetweenBatchesMs > 0;
    this.check();
  }

  private get remainingMs(): number {
    const { maxDurationMs } = this.settings;
    return maxDurationMs === 0 ? Infinity : maxDurationMs - (this.time.now() - this.startedAt);
  }
}
