import type { RecordedRun } from '../support/recorded-runs.js';

/** What there is of a table: due rows gone and left, pages of which only a part of the due rows is gone, and the other rows. */
export interface Snapshot {
  readonly gone: number;
  readonly left: number;
  readonly tornPages: number;
  /** How many, and a digest of them. */
  readonly live: string;
}

/** A run that was killed: the table before and after, its record, and the rows that it said were deleted. */
export interface Kill {
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly own: RecordedRun | undefined;
  readonly toldRows: number;
}

/** Everything that must not be, and is. A page is never divided between two batches. */
export function violationsOf({ before, after, own, toldRows }: Kill): readonly string[] {
  const gone = after.gone - before.gone;
  const wrong: Readonly<Record<string, boolean>> = {
    'a batch is half done': after.tornPages > 0,
    'a row that was not due is gone or changed': after.live !== before.live,
    'it told of rows that are there': toldRows > gone,
    'rows are gone without a claim': own === undefined && gone > 0,
    'its record is neither that of a run at work nor of one that succeeded':
      own !== undefined && !['running', 'succeeded'].includes(own.status),
    'it is recorded with other rows than are gone': own?.status === 'succeeded' && own.report?.rows !== gone,
    'it is recorded as succeeded with work left': own?.status === 'succeeded' && after.left > 0,
  };
  return Object.keys(wrong).filter((what) => wrong[what]);
}
