import type { RecordedRun } from '../support/recorded-runs.js';

/** How many secrets are under the old key, are plain, or are no longer the user's own: by this package's reading and by Python's. */
export interface SecretCounts {
  readonly old: number;
  readonly plain: number;
  readonly lost: number;
  readonly lostInPython: number;
}

/** A rotation that was killed: the table before and after, its record, and the secrets that it said were written. */
export interface KilledRotation {
  readonly mode: 'rolling' | 'atomic';
  readonly before: SecretCounts;
  readonly after: SecretCounts;
  readonly own: RecordedRun | undefined;
  readonly toldWritten: number;
}

/** Everything that must not be, and is. */
export function violationsOf({ mode, before, after, own, toldWritten }: KilledRotation): readonly string[] {
  const left = after.old + after.plain;
  const written = before.old + before.plain - left;
  const hasSucceeded = own?.status === 'succeeded';
  const wrong: Readonly<Record<string, boolean>> = {
    'a secret is lost': after.lost > 0,
    'a secret is lost to Python': after.lostInPython > 0,
    'an atomic rotation is half done': mode === 'atomic' && written > 0 && left > 0,
    'it told of secrets that are not written': mode === 'rolling' && toldWritten > written,
    'secrets are written without a claim': own === undefined && written > 0,
    'its record is neither that of a run at work nor of one that succeeded':
      own !== undefined && !['running', 'succeeded'].includes(own.status),
    'it is recorded with other secrets than are written': hasSucceeded && rotatedIn(own) !== written,
    'it is recorded as succeeded with work left': hasSucceeded && left > 0,
  };
  return Object.keys(wrong).filter((what) => wrong[what]);
}

function rotatedIn({ report }: Pick<RecordedRun, 'report'>): number {
  return (report?.rotated ?? 0) + (report?.encryptedPlaintext ?? 0);
}
