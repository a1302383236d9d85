import type { QueryRunner } from 'typeorm';
import type { BatchOutcome } from './batch-operation.js';
import type { HeapWalk } from './heap-walk.js';
import { type BatchOptions, type CommittedBatch, inBatches } from './in-batches.js';
import type { LoadThrottle } from './load-throttle.js';

/** Where the second connection comes from. */
export interface SpareConnection {
  /** True while a connection is to be had without anybody waiting for it. */
  readonly isFree: () => boolean;
  /** Asks for it at once, and does nothing when it does not come soon: a run that waits for one while it has another may wait for itself. */
  readonly withQueryRunner: (work: (queryRunner: QueryRunner) => Promise<void>) => Promise<void>;
}

/**
 * Walks along a heap over a second connection while nobody else writes to the database. It only ever helps: when it fails, when
 * rows are held or others begin to write, it leaves the rest to the first walk.
 */
export class SecondConnection<Outcome extends BatchOutcome> {
  private readonly committed: (Outcome & CommittedBatch)[] = [];
  private walking: Promise<void> | undefined;
  private isStopped = false;

  public constructor(
    private readonly first: BatchOptions<Outcome, HeapWalk>,
    private readonly spare: SpareConnection,
    private readonly throttle: LoadThrottle,
    private readonly fewestPages: number,
  ) {}

  /** Joins, or joins again, when it is of use. */
  public startWhenUseful(): void {
    const { walk, signal } = this.first;
    const isWorthwhile = walk.pagesLeft >= this.fewestPages && this.throttle.isIdle && signal?.aborted !== true;
    if (this.walking === undefined && !this.isStopped && isWorthwhile && this.spare.isFree()) {
      this.walking = this.join().finally(() => {
        this.walking = undefined;
      });
    }
  }

  /** For good: the two would wait for one another, or for somebody else. */
  public stop(): void {
    this.isStopped = true;
  }

  /** The batches that were committed since the last time. */
  public takeBatches(): readonly (Outcome & CommittedBatch)[] {
    return this.committed.splice(0);
  }

  /** Waits for the batch in flight to be committed or given back. */
  public async finished(): Promise<void> {
    await this.walking;
  }

  /** Never throws: the first walk meets the same failure, and reports it. */
  private async join(): Promise<void> {
    const walk = this.first.walk.alongside();
    try {
      await this.spare.withQueryRunner((queryRunner) => this.walkAlong(queryRunner, walk));
    } catch {
      this.stop();
    } finally {
      walk.leave();
    }
  }

  private async walkAlong(queryRunner: QueryRunner, walk: HeapWalk): Promise<void> {
    const throttle = { giveWay: async () => this.throttle.countBatch() };
    for await (const batch of inBatches({ ...this.first, queryRunner, walk, throttle })) {
      this.committed.push(batch);
      if (batch.isCautious) {
        this.stop();
      }
      // What it has counted of a slice is not to be counted again.
      if (batch.isSliceDone && (this.isStopped || !this.throttle.isIdle)) {
        return;
      }
    }
  }
}
