import type { BatchOutcome } from './batch-operation.js';
import type { HeapWalk } from './heap-walk.js';
import { type BatchOptions, type CommittedBatch, inBatches } from './in-batches.js';
import { LoadThrottle } from './load-throttle.js';
import { SecondConnection, type SpareConnection } from './second-connection.js';

/** The second connection joins only while so many pages are left, which are 16 MB: some five batches. */
const FEWEST_PAGES = 2048;

/**
 * As {@link inBatches} along a heap, with a second connection beside the first one while the database is idle. It stops by itself, and must
 * be read to its end: a batch that was committed meanwhile comes after the one that was stopped at, or that failed.
 */
export async function* inParallel<Outcome extends BatchOutcome>(
  options: BatchOptions<Outcome, HeapWalk>,
  spare: SpareConnection,
  { throttle = new LoadThrottle(options.queryRunner), fewestPages = FEWEST_PAGES } = {},
): AsyncGenerator<Outcome & CommittedBatch, void, undefined> {
  const second = new SecondConnection(options, spare, throttle, fewestPages);
  try {
    // The pages that the second connection gave back at last are walked too.
    do {
      yield* walkBeside({ ...options, throttle }, second);
      await second.finished();
    } while (options.walk.pagesLeft > 0 && options.signal?.aborted !== true);
  } catch (error) {
    second.stop();
    await second.finished();
    yield* second.takeBatches();
    throw error;
  }
  yield* second.takeBatches();
}

async function* walkBeside<Outcome extends BatchOutcome>(
  options: BatchOptions<Outcome, HeapWalk>,
  second: SecondConnection<Outcome>,
): AsyncGenerator<Outcome & CommittedBatch, void, undefined> {
  for await (const batch of inBatches(options)) {
    if (batch.isCautious) {
      second.stop();
    }
    yield* second.takeBatches();
    yield batch;
    if (options.walk.isAtEnd) {
      return;
    }
    second.startWhenUseful();
  }
}
