import { report } from '../comparison.js';
import { againstPlainDelete, longestBatchMs } from './against-plain-delete.js';
import type { Scenario } from './scenario.js';

/** The six standard targets, a million rows each, half of them due. */
export const sixTargets: Scenario = async (context) => {
  const tables = [
    'blacklisted_tokens',
    'magic_link_tokens',
    'otp_codes',
    'refresh_tokens',
    'login_attempts',
    'audit_logs',
  ] as const;
  const samples = await againstPlainDelete(
    context,
    tables.map((table) => ({ table, rows: 1_000_000, dueFraction: 0.5 })),
  );
  return report({
    name: 'six targets of 1 M rows, half due: against six plain DELETE statements',
    unit: 'ms',
    baseline: samples.plain,
    measured: samples.cleanup,
    limit: 1.15,
    notes: [`longest batch ${longestBatchMs(samples.reports)} ms`],
  });
};
