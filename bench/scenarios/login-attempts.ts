import { report } from '../comparison.js';
import { againstPlainDelete, longestBatchMs } from './against-plain-delete.js';
import type { Scenario } from './scenario.js';

const LONGEST_BATCH_MS = 100;

/** Three million login attempts, half of them due, no index on their age. */
export const loginAttempts: Scenario = async (context) => {
  const samples = await againstPlainDelete(context, [{ table: 'login_attempts', rows: 3_000_000, dueFraction: 0.5 }]);
  const longest = longestBatchMs(samples.reports);
  const isKept = report({
    name: 'login_attempts of 3 M rows, half due: against one plain DELETE',
    unit: 'ms',
    baseline: samples.plain,
    measured: samples.cleanup,
    limit: 1,
    notes: [
      `longest batch of all rounds ${longest} ms (limit ${LONGEST_BATCH_MS}) ${longest <= LONGEST_BATCH_MS ? 'kept' : 'BROKEN'}`,
    ],
  });
  return isKept && longest <= LONGEST_BATCH_MS;
};
