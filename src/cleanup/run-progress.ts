import type { CleanupTargetReport } from './cleanup-report.js';
import type { CleanupProgress, CleanupProgressListener } from './cleanup-request.js';

/** How far one target is, in mid-work. */
export type TargetStep = Pick<CleanupProgress, 'target' | 'rows' | 'fraction' | 'remainingMs'>;

/** What a target is at most before it has ended, as it may be refused at last. */
const BEFORE_THE_END = 0.99;

/**
 * Tells how far a run is. Every target has the same share of it: how large a table is, and how much of it is due, is not known before it is
 * looked at.
 */
export class RunProgress {
  private ended = 0;
  private overall = 0;
  private lastFraction = 0;

  public constructor(
    private readonly listener: CleanupProgressListener,
    private readonly targets: number,
  ) {}

  /** A batch of the target at hand. */
  public readonly step = (step: TargetStep): void => {
    this.lastFraction = step.fraction;
    // A table that changed is walked again.
    this.overall = Math.max(this.overall, (this.ended + step.fraction * BEFORE_THE_END) / this.targets);
    this.listener({ ...step, overall: this.overall, status: null, reason: null });
  };

  /** The end of a target, whatever became of it: once for each. */
  public end({ name, rows, status, skipReason, error }: CleanupTargetReport): void {
    this.ended += 1;
    this.overall = this.ended / this.targets;
    const fraction = status === 'succeeded' ? 1 : this.lastFraction;
    this.lastFraction = 0;
    const reason = error?.code ?? skipReason ?? null;
    this.listener({
      target: name,
      rows,
      fraction,
      remainingMs: status === 'succeeded' ? 0 : null,
      overall: this.overall,
      status,
      reason,
    });
  }
}
