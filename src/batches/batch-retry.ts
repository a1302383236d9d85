import { setTimeout as delay } from 'node:timers/promises';
import { SQL_STATE, sqlState } from '../database/sql-state.js';
import type { AdaptiveBatchSize } from './adaptive-batch-size.js';

/** A batch that fails this often in a row, for reasons that may pass, fails for good. */
const MAX_ATTEMPTS = 5;
/** After meeting a held row, this many batches skip held rows from the start, before the faster way is tried again. */
const CAUTIOUS_BATCHES = 16;
const FIRST_BACKOFF_MS = 20;

/** A batch's statement wrote fewer rows than were found due. */
export class RowsStayedError extends Error {}

/** Decides what to do about a failed batch, and how carefully the next one goes. */
export class BatchRetry {
  private attempts = 0;
  private cautiousBatches = 0;

  public constructor(private readonly size: AdaptiveBatchSize) {}

  /** True while batches should skip held rows instead of waiting for them. */
  public get isCautious(): boolean {
    return this.cautiousBatches > 0;
  }

  /** Records a batch that went through. */
  public succeeded(): void {
    this.attempts = 0;
    this.cautiousBatches = Math.max(0, this.cautiousBatches - 1);
  }

  /**
   * Prepares another attempt at the same slice: smaller after a time-out, skipping held rows after a lock conflict, after a pause
   * when that was tried already. Throws the error when it will not pass, or has come too often.
   */
  public async recover(error: unknown): Promise<void> {
    const state = sqlState(error);
    const haveStayed = error instanceof RowsStayedError;
    const isFirstConflict = (state === SQL_STATE.lockNotAvailable || haveStayed) && !this.isCautious;
    if (state === SQL_STATE.lockNotAvailable || state === SQL_STATE.deadlockDetected || haveStayed) {
      this.cautiousBatches = CAUTIOUS_BATCHES;
    }
    if (isFirstConflict) {
      return;
    }
    this.attempts += this.costOf(state);
    if (this.attempts >= MAX_ATTEMPTS) {
      throw error;
    }
    await delay(FIRST_BACKOFF_MS * 2 ** this.attempts * (0.5 + Math.random()));
  }

  /** How many attempts a failure uses up: all of them when it will not pass. */
  private costOf(state: string | undefined): number {
    switch (state) {
      case SQL_STATE.queryCanceled:
        // As long as there is something to halve, the slice is a new one.
        return this.size.halve() ? 0 : 1;
      case SQL_STATE.lockNotAvailable:
      case SQL_STATE.deadlockDetected:
      case SQL_STATE.serializationFailure:
        this.size.halve();
        return 1;
      default:
        return MAX_ATTEMPTS;
    }
  }
}
