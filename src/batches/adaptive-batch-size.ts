/** Bounds of a batch's size, in the unit of the walk: pages or rows. */
export interface BatchSizeBounds {
  readonly initial: number;
  readonly max: number;
}

/** Sizes batches so that each takes about the target time. */
export class AdaptiveBatchSize {
  private size: number;

  /** @param targetMs milliseconds a batch should take */
  public constructor(
    private readonly bounds: BatchSizeBounds,
    private readonly targetMs: number,
  ) {
    this.size = bounds.initial;
  }

  public get current(): number {
    return this.size;
  }

  /** Learns from a batch that went through: at most twice or half the size, so that one outlier does little. */
  public learn(durationMs: number): void {
    const factor = Math.min(2, Math.max(0.5, this.targetMs / Math.max(durationMs, 0.1)));
    this.size = Math.min(this.bounds.max, Math.max(1, Math.round(this.size * factor)));
  }

  /** Halves the size after a time-out. False when it was 1 already. */
  public halve(): boolean {
    const canHalve = this.size > 1;
    this.size = Math.max(1, Math.floor(this.size / 2));
    return canHalve;
  }
}
