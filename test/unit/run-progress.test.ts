import { describe, expect, it } from '@jest/globals';
import type { CleanupProgress, CleanupTargetReport } from '../../src/index.js';
import { RunProgress } from '../../src/cleanup/run-progress.js';
import { CLEANUP_TARGET_NAMES } from '../../src/index.js';

const STATUSES = ['succeeded', 'partial', 'failed', 'skipped', 'stopped'] as const;

/** The same numbers from 0 to 1 for the same seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('the progress of a cleanup', () => {
  it.each(Array.from({ length: 50 }, (_, index) => index + 1))(
    'never falls, ends each target once, and comes to 1 with the last one: run %i',
    (seed) => {
      const next = numbers(seed * 7_919);
      const steps: CleanupProgress[] = [];
      const progress = new RunProgress((step) => steps.push(step), CLEANUP_TARGET_NAMES.length);
      for (const target of CLEANUP_TARGET_NAMES) {
        // Fractions that fall are those of a table that changed and is walked again.
        for (let batches = Math.floor(next() * 5); batches > 0; batches -= 1) {
          progress.step({ target, rows: 1, fraction: next() < 0.3 ? 1 : next(), remainingMs: null });
        }
        const status = STATUSES[Math.floor(next() * STATUSES.length)] ?? 'failed';
        progress.end({ name: target, rows: 1, status } as CleanupTargetReport);
      }
      const overall = steps.map((step) => step.overall);
      expect(overall).toEqual(overall.toSorted((a, b) => a - b));
      expect(overall.indexOf(1)).toBe(overall.length - 1);
      expect(steps.filter(({ status }) => status !== null).map(({ target }) => target)).toEqual([
        ...CLEANUP_TARGET_NAMES,
      ]);
    },
  );
});
