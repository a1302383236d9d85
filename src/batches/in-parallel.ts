import type { BatchOutcome } from './batch-operation.js';
import type { HeapWalk } from './heap-walk.js';
import { type BatchWork, type CommittedBatch, inBatches } from './in-batches.js';
import { LoadThrottle } from './load-throttle.js';
import { SecondConnection, type SpareConnection } from './second-connection.js';

const FEWEST_PAGES = 2048;

/** What to do along a heap, and where a second connection comes from. */
export interface ParallelWork<Outcome extends BatchOutcome> extends Omit<BatchWork<Outcome>, 'pace'> {
  readonly walk: HeapWalk;
  readonly connection: SpareConnection;
  /** Once true, no further batch is begun; the work ends when those in flight are committed. */
  readonly isStopping: () => boolean;
  /** @default a {@link LoadThrottle} of its own */
  readonly pace?: LoadThrottle;
  /** The second connection joins only while so many pages are left. @default 2048, which are 16 MB: some five batches */
  readonly fewestPages?: number;
}

/**
 * As {@link inBatches} along a heap, with a second connection beside the first one while the database is idle. It stops by itself, and must
 * be read to its end: a batch that was committed meanwhile is told of after the one that was stopped at, or that failed.
 */
export async function* inParallel<Outcome extends BatchOutcome>(
  work: ParallelWork<Outcome>,
): AsyncGenerator<Outcome & CommittedBatch, void, undefined> {
  const { pace = new LoadThrottle(work.queryRunner), fewestPages = FEWEST_PAGES } = work;
  const companion = new SecondConnection({ ...work, pace, fewestPages });
  try {
    // What the companion gave back at last is walked too.
    do {
      yield* together({ ...work, pace }, companion);
      await companion.left();
    } while (work.walk.pagesLeft > 0 && !work.isStopping());
  } catch (error) {
    companion.stop();
    await companion.left();
    yield* companion.takeBatches();
    throw error;
  }
  yield* companion.takeBatches();
}

async function* together<Outcome extends BatchOutcome>(
  work: ParallelWork<Outcome> & { readonly pace: LoadThrottle },
  companion: SecondConnection<Outcome>,
): AsyncGenerator<Outcome & CommittedBatch, void, undefined> {
  for await (const batch of inBatches(work)) {
    if (batch.isCautious) {
      companion.stop();
    }
    yield* companion.takeBatches();
    yield batch;
    if (work.walk.isAtEnd || work.isStopping()) {
      return;
    }
    companion.startWhenUseful();
  }
}
