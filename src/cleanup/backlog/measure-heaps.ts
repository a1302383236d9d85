import type { QueryRunner } from 'typeorm';
import { HeapWalk } from '../../batches/heap-walk.js';
import { inTransaction, snapshotMode, type TimeOuts } from '../../database/short-transaction.js';
import { PAGES_PER_COUNT } from '../deletion/count-in-heap.js';
import { countDue, type DueCounts, earlier, type MeasuredHeap, NOTHING_DUE, sumOf } from './due-counts.js';
import { LOOK_SETTINGS, lookAlongIndex } from './look-along-index.js';
import { type HeapSample, sampleHeap } from './sample-heap.js';

/** Up to so many pages, which are 8 MB, a table is counted whole; of a larger one about as many are sampled. */
const SAMPLE_PAGES = 1_024;
/** Rows that are looked at along the indexes of a table, all partitions together. */
const LOOK_ROWS = 10_000;

/** How to measure. */
export interface MeasurementOptions {
  readonly limits: TimeOuts;
  /** Counts every due row. */
  readonly isExact: boolean;
  /** Once aborted, no further statement is begun, and the counts are short of the truth. */
  readonly signal: AbortSignal;
}

type TableCounts = DueCounts & { readonly isEstimate: boolean };

/**
 * Measures the due rows of a table, all its heaps together, each in a snapshot of its own.
 *
 * A small table is counted. In a large one, what an index on the age shows at its old end comes first: no more than 10,000 rows, which on
 * most days are all that can be due, and exact then. Otherwise, and unless every row is to be counted, about 1,024 pages are
 * sampled, however large the table. The planner's own estimate would cost nothing, and be nothing to rely on: between two runs of
 * autoanalyze it knows of none of the rows that became due, and of flags it only knows how common they were.
 */
export async function measureHeaps(
  queryRunner: QueryRunner,
  options: MeasurementOptions,
  heaps: readonly MeasuredHeap[],
): Promise<TableCounts> {
  const totalPages = heaps.reduce((sum, { heap }) => sum + heap.pages, 0);
  const lookRows = Math.ceil(LOOK_ROWS / heaps.length);
  let total: TableCounts = { ...NOTHING_DUE, isEstimate: false };
  for (const [seed, measured] of heaps.entries()) {
    if (options.signal.aborted) {
      break;
    }
    const sample = { share: SAMPLE_PAGES / totalPages, seed };
    const counts =
      totalPages <= SAMPLE_PAGES
        ? await count(queryRunner, options, measured)
        : await measureLarge(queryRunner, options, measured, { ...sample, lookRows });
    total = { ...sumOf(total, counts), isEstimate: total.isEstimate || counts.isEstimate };
  }
  return total;
}

async function measureLarge(
  queryRunner: QueryRunner,
  options: MeasurementOptions,
  measured: MeasuredHeap,
  { lookRows, ...sample }: HeapSample & { readonly lookRows: number },
): Promise<TableCounts> {
  const looking = snapshotMode(options.limits, LOOK_SETTINGS);
  const look = await inTransaction(queryRunner, looking, () => lookAlongIndex(queryRunner, measured, lookRows));
  if (look?.isWhole === true) {
    return { ...look, isEstimate: false };
  }
  if (options.isExact) {
    return count(queryRunner, options, measured);
  }
  const sampling = snapshotMode(options.limits);
  const scaled = await inTransaction(queryRunner, sampling, () => sampleHeap(queryRunner, measured, sample));
  return {
    dueRows: Math.max(scaled.dueRows, look?.dueRows ?? 0),
    oldestDueSince: earlier(scaled.oldestDueSince, look?.oldestDueSince ?? null),
    isEstimate: true,
  };
}

async function count(
  queryRunner: QueryRunner,
  { limits, signal }: MeasurementOptions,
  measured: MeasuredHeap,
): Promise<TableCounts> {
  const walk = new HeapWalk(measured.heap, { isDurable: true });
  return inTransaction(queryRunner, snapshotMode(limits, walk.settings), async () => {
    let total = NOTHING_DUE;
    for (let slice; (slice = await walk.nextSlice(queryRunner, PAGES_PER_COUNT)) && !signal.aborted;) {
      total = sumOf(total, await countDue(queryRunner, measured, slice));
      walk.advance();
    }
    return { ...total, isEstimate: false };
  });
}
