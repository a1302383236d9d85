import type { QueryRunner } from 'typeorm';
import { HeapWalk } from '../../batches/heap-walk.js';
import { inTransaction, type LocalSettings, snapshotMode } from '../../database/short-transaction.js';
import { PAGES_PER_COUNT } from '../deletion/count-in-heap.js';
import { countDue, type DueFigures, earlier, type MeasuredHeap, NOTHING_DUE } from './due-figures.js';
import { LOOK_SETTINGS, lookAlongIndex } from './look-along-index.js';
import { sampleHeap } from './sample-heap.js';

/** Up to so many pages, which are 8 MB, a table is counted whole; of a larger one about as many are sampled. */
const SAMPLE_PAGES = 1_024;
/** Rows that are looked at along the indexes of a table, all partitions together. */
const LOOK_ROWS = 10_000;

/** How to measure. */
export interface HeapMeasurement {
  readonly queryRunner: QueryRunner;
  readonly limits: { readonly lockTimeoutMs: number; readonly statementTimeoutMs: number };
  readonly isExact: boolean;
  /** Once true, no further statement is begun, and the figures are short of the truth. */
  readonly isStopping: () => boolean;
}

/** The figures of a table. */
export interface TableFigures extends DueFigures {
  readonly isEstimate: boolean;
}

/**
 * Measures the due rows of a table, all its heaps together, each in a snapshot of its own.
 *
 * A small table is counted. In a large one, what an index on the age shows at its old end comes first: no more than 10,000 rows, which on
 * most days are all that can be due, and exact then. Otherwise, and unless every row is to be counted, about 1,024 pages are
 * sampled, however large the table. The planner's own estimate would cost nothing, and be nothing to rely on: between two runs of
 * autoanalyze it knows of none of the rows that became due, and of flags it only knows how common they were.
 */
export async function measureHeaps(
  measurement: HeapMeasurement,
  heaps: readonly MeasuredHeap[],
): Promise<TableFigures> {
  const totalPages = heaps.reduce((sum, { heap }) => sum + heap.pages, 0);
  let sum: TableFigures = { ...NOTHING_DUE, isEstimate: false };
  for (const [seed, measured] of heaps.entries()) {
    if (measurement.isStopping()) {
      break;
    }
    const figures =
      totalPages <= SAMPLE_PAGES
        ? await count(measurement, measured)
        : await measureLarge(measurement, measured, {
            share: SAMPLE_PAGES / totalPages,
            seed,
            lookRows: Math.ceil(LOOK_ROWS / heaps.length),
          });
    sum = {
      dueRows: sum.dueRows + figures.dueRows,
      oldestDueSince: earlier(sum.oldestDueSince, figures.oldestDueSince),
      isEstimate: sum.isEstimate || figures.isEstimate,
    };
  }
  return sum;
}

interface LargeHeap {
  readonly share: number;
  readonly seed: number;
  readonly lookRows: number;
}

async function measureLarge(
  measurement: HeapMeasurement,
  measured: MeasuredHeap,
  { share, seed, lookRows }: LargeHeap,
): Promise<TableFigures> {
  const look = await within(measurement, LOOK_SETTINGS, (queryRunner) =>
    lookAlongIndex(queryRunner, measured, lookRows),
  );
  if (look?.isWhole === true) {
    return { ...look, isEstimate: false };
  }
  if (measurement.isExact) {
    return count(measurement, measured);
  }
  const sample = await within(measurement, {}, (queryRunner) => sampleHeap(queryRunner, measured, { share, seed }));
  return {
    dueRows: Math.max(sample.dueRows, look?.dueRows ?? 0),
    oldestDueSince: earlier(sample.oldestDueSince, look?.oldestDueSince ?? null),
    isEstimate: true,
  };
}

async function count(measurement: HeapMeasurement, measured: MeasuredHeap): Promise<TableFigures> {
  const walk = new HeapWalk(measured.heap, { isDurable: true });
  return within(measurement, walk.settings, async (queryRunner) => {
    let sum = NOTHING_DUE;
    for (let slice; (slice = await walk.nextSlice(queryRunner, PAGES_PER_COUNT)) && !measurement.isStopping();) {
      const figures = await countDue(queryRunner, measured, slice);
      sum = {
        dueRows: sum.dueRows + figures.dueRows,
        oldestDueSince: earlier(sum.oldestDueSince, figures.oldestDueSince),
      };
      walk.advance();
    }
    return { ...sum, isEstimate: false };
  });
}

async function within<Result>(
  { queryRunner, limits }: HeapMeasurement,
  settings: LocalSettings,
  work: (queryRunner: QueryRunner) => Promise<Result>,
): Promise<Result> {
  return inTransaction(queryRunner, snapshotMode(limits, settings), () => work(queryRunner));
}
