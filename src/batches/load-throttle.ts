import { setTimeout as delay } from 'node:timers/promises';
import type { QueryRunner } from 'typeorm';
import { BRIEF_READING } from '../database/brief-statement.js';
import { expectOne } from '../database/expect-one.js';
import { inOneMessage } from '../database/short-transaction.js';

/** How often to look at the others: a look at every batch would cost an idle database's run a percent. */
const LOOK_EVERY_MS = 200;
/** From this many writing transactions of others a second on, the database is busy. */
const BUSY_WRITES_PER_SECOND = 20;

/** The passing of time, in milliseconds. */
export interface Time {
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

/**
 * Gives way while others write. Every 200 ms it compares transaction numbers, which PostgreSQL tells every role: what they grew by,
 * less the run's own batches, is what others wrote meanwhile. While that is more than a trickle, the run pauses after each batch for as
 * long as the batch took; a database that nobody else writes to is worked on without a pause.
 */
export class LoadThrottle {
  private lookedAt = -Infinity;
  private lastTransaction: bigint | undefined;
  private ownBatches = 0;
  private busy = false;
  private hasCompared = false;

  public constructor(
    private readonly queryRunner: QueryRunner,
    private readonly time: Time = { now: () => performance.now(), sleep: (milliseconds) => delay(milliseconds) },
  ) {}

  /** True once a comparison has shown that nobody else writes, until one shows that somebody does. */
  public get isIdle(): boolean {
    return this.hasCompared && !this.busy;
  }

  /** Counts a batch that the run works on over another connection. */
  public countBatch(): void {
    this.ownBatches += 1;
  }

  /** Called between two batches. @param lastBatchMs milliseconds the last one took, 0 before the first */
  public async giveWay(lastBatchMs: number): Promise<void> {
    if (this.time.now() - this.lookedAt >= LOOK_EVERY_MS) {
      await this.look();
    }
    this.countBatch();
    if (this.busy) {
      await this.time.sleep(lastBatchMs);
    }
  }

  private async look(): Promise<void> {
    const { ownBatches } = this;
    const transaction = await nextTransaction(this.queryRunner);
    const now = this.time.now();
    if (this.lastTransaction !== undefined) {
      const writes = Number(transaction - this.lastTransaction) - ownBatches;
      this.busy = writes / ((now - this.lookedAt) / 1000) > BUSY_WRITES_PER_SECOND;
      this.hasCompared = true;
    }
    this.lastTransaction = transaction;
    this.lookedAt = now;
    // Those that were counted meanwhile, over another connection, belong to the next comparison.
    this.ownBatches -= ownBatches;
  }
}

async function nextTransaction(queryRunner: QueryRunner): Promise<bigint> {
  const { rows } = await inOneMessage(
    queryRunner,
    BRIEF_READING,
    'select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::pg_catalog.text as transaction',
  );
  return BigInt(String(expectOne(rows)['transaction']));
}
