import type { QueryRunner } from 'typeorm';
import type { BatchOutcome } from './batch-operation.js';
import type { HeapWalk } from './heap-walk.js';
import { type BatchWork, type CommittedBatch, inBatches } from './in-batches.js';
import type { LoadThrottle } from './load-throttle.js';

/** Where a companion gets its connection from. */
export interface SpareConnection {
  /** True while a connection is to be had without anybody waiting for it. */
  readonly isFree: () => boolean;
  readonly withQueryRunner: (work: (queryRunner: QueryRunner) => Promise<void>) => Promise<void>;
}

/** What a companion helps with. */
export interface SecondConnectionOptions<Outcome extends BatchOutcome> extends Omit<
  BatchWork<Outcome>,
  'queryRunner' | 'pace'
> {
  readonly walk: HeapWalk;
  readonly pace: LoadThrottle;
  readonly fewestPages: number;
  readonly connection: SpareConnection;
  /** Once true, no further batch is begun. */
  readonly isStopping: () => boolean;
}

/**
 * Walks along a heap over a second connection while nobody else writes to the database. It only ever helps: when it fails, when
 * rows are held or others begin to write, it leaves the rest to the first walk.
 */
export class SecondConnection<Outcome extends BatchOutcome> {
  private readonly committed: (Outcome & CommittedBatch)[] = [];
  private walking: Promise<void> | undefined;
  private isStopped = false;

  public constructor(private readonly work: SecondConnectionOptions<Outcome>) {}

  /** Joins, or joins again, when it is of use. */
  public startWhenUseful(): void {
    const { walk, pace, fewestPages, connection, isStopping } = this.work;
    const isWorthwhile = walk.pagesLeft >= fewestPages && pace.isIdle;
    if (this.walking === undefined && !this.isStopped && isWorthwhile && !isStopping() && connection.isFree()) {
      this.walking = this.join().finally(() => {
        this.walking = undefined;
      });
    }
  }

  /** For good: the two would wait for one another, or for somebody else. */
  public stop(): void {
    this.isStopped = true;
  }

  /** What was committed since the last time. */
  public takeBatches(): readonly (Outcome & CommittedBatch)[] {
    return this.committed.splice(0);
  }

  /** Waits for the batch in flight to be committed or given back. */
  public async left(): Promise<void> {
    await this.walking;
  }

  /** Never throws: what failed here is met by the first walk, which has the say about it. */
  private async join(): Promise<void> {
    const walk = this.work.walk.companion();
    try {
      await this.work.connection.withQueryRunner((queryRunner) => this.walkAlong(queryRunner, walk));
    } catch {
      this.stop();
    } finally {
      walk.leave();
    }
  }

  private async walkAlong(queryRunner: QueryRunner, walk: HeapWalk): Promise<void> {
    const { operation, limits, pace, isStopping } = this.work;
    const counting = { giveWay: async () => pace.countBatch() };
    for await (const batch of inBatches({ queryRunner, walk, operation, limits, pace: counting })) {
      this.committed.push(batch);
      if (batch.isCautious) {
        this.stop();
      }
      if (this.isStopped || !pace.isIdle || isStopping()) {
        return;
      }
    }
  }
}
