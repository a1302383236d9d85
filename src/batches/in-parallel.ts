import type { BatchOutcome } from './batch-operation.js';
import type { HeapWalk } from './heap-walk.js';
import { type BatchWork, type CommittedBatch, inBatches } from './in-batches.js';
import { Pace } from './load-throttle.js';
import { type CompanionConnection, WalkCompanion } from './second-connection.js';

const FEWEST_PAGES = 2048;

/** What to do along a heap, and where a second connection comes from. */
export interface CompanyWork<Outcome extends BatchOutcome> extends Omit<BatchWork<Outcome>, 'pace'> {
  readonly walk: HeapWalk;
  readonly connection: CompanionConnection;
  /** Once true, no further batch is begun; the work ends when those in flight are committed. */
  readonly isStopping: () => boolean;
  /** @default a {@link Pace} of its own */
  readonly pace?: Pace;
  /** The second connection joins only while so many pages are left. @default 2048, which are 16 MB: some five batches */
  readonly fewestPages?: number;
}

/**
 * As {@link inBatches} along a heap, with a second connection beside the first one while the database is idle. It stops by itself, and must
 * be read to its end: a batch that was committed meanwhile is told of after the one that was stopped at, or that failed.
 */
export async function* inCompany<Outcome extends BatchOutcome>(
  work: CompanyWork<Outcome>,
): AsyncGenerator<Outcome & CommittedBatch, void, undefined> {
  const { pace = new Pace(work.queryRunner), fewestPages = FEWEST_PAGES } = work;
  const companion = new WalkCompanion({ ...work, pace, fewestPages });
  try {
    // What the companion gave back at last is walked too.
    do {
      yield* together({ ...work, pace }, companion);
      await companion.left();
    } while (work.walk.pagesLeft > 0 && !work.isStopping());
  } catch (error) {
    companion.dismiss();
    await companion.left();
    yield* companion.takeCommitted();
    throw error;
  }
  yield* companion.takeCommitted();
}

async function* together<Outcome extends BatchOutcome>(
  work: CompanyWork<Outcome> & { readonly pace: Pace },
  companion: WalkCompanion<Outcome>,
): AsyncGenerator<Outcome & CommittedBatch, void, undefined> {
  for await (const batch of inBatches(work)) {
    if (batch.isCautious) {
      companion.dismiss();
    }
    yield* companion.takeCommitted();
    yield batch;
    if (work.walk.isAtEnd || work.isStopping()) {
      return;
    }
    companion.joinWhenUseful();
  }
}
