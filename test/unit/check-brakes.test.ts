import { describe, expect, it } from '@jest/globals';
import type { CleanupContext } from '../../src/cleanup/cleanup-context.js';
import { checkBrakes } from '../../src/cleanup/limits/check-brakes.js';
import { otpCodesTarget } from '../../src/cleanup/targets/cleanup-targets.js';

/** A run whose count, under its lease, finds these rows. */
function runThatCounts(rows: number, total: number, isStopped = false): CleanupContext {
  return {
    isDryRun: false,
    brakes: { maxRowsPerTarget: 10, maxFractionPerTarget: 0.5 },
    budget: { check: () => undefined },
    run: {
      signal: isStopped ? AbortSignal.abort() : new AbortController().signal,
      keepAlive: async () => ({ rows, total }),
    },
  } as unknown as CleanupContext;
}

describe('the check of the brakes', () => {
  it('keeps the lease alive while it counts, and answers the rows of the table', async () => {
    await expect(checkBrakes(runThatCounts(10, 20), otpCodesTarget)).resolves.toBe(20);
  });

  it('refuses what is more, with the figures', async () => {
    await expect(checkBrakes(runThatCounts(11, 100), otpCodesTarget)).rejects.toMatchObject({ code: 'BRAKE_MAX_ROWS' });
    await expect(checkBrakes(runThatCounts(1001, 2001), otpCodesTarget)).rejects.toMatchObject({
      code: 'BRAKE_MAX_ROWS',
    });
    await expect(checkBrakes(runThatCounts(6, 11), otpCodesTarget)).rejects.toMatchObject({
      code: 'BRAKE_MAX_FRACTION',
      message: expect.stringContaining('6 of 11 rows (54.6 %) are due'),
    });
  });

  it('refuses nothing on the strength of a count that was stopped', async () => {
    await expect(checkBrakes(runThatCounts(11, 11, true), otpCodesTarget)).resolves.toBe(11);
  });
});
