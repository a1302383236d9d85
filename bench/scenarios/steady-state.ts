import { report } from '../comparison.js';
import { againstPlainDelete, longestBatchMs } from './against-plain-delete.js';
import type { Scenario } from './scenario.js';

/** Five million audit logs of which a day's worth is due: what most nights look like. */
export const steadyState: Scenario = async (context) => {
  const samples = await againstPlainDelete(context, [{ table: 'audit_logs', rows: 5_000_000, dueFraction: 0.003 }]);
  const last = samples.reports.at(-1)?.targets[0];
  return report({
    name: 'audit_logs of 5 M rows, 0.3 % due: against the plain DELETE through its index',
    unit: 'ms',
    baseline: samples.plain,
    measured: samples.cleanup,
    limit: 3,
    notes: [
      `strategy ${last?.strategy}, ${last?.rows} rows in ${last?.batches} batches, longest ${longestBatchMs(samples.reports)} ms`,
    ],
  });
};
