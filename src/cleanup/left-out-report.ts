import type { CleanupTargetReport, SkipReason } from './cleanup-report.js';
import type { AnyCleanupTarget } from './cleanup-request.js';
import type { RunTerms } from './target-terms.js';
import { cutoffOf, retentionDaysOf } from './target-terms.js';

/** The report on a target that was left out. */
export function leftOutReport(terms: RunTerms, target: AnyCleanupTarget, skipReason: SkipReason): CleanupTargetReport {
  return {
    name: target.name,
    status: skipReason === 'stopped' ? 'stopped' : 'skipped',
    rows: 0,
    lockedRows: 0,
    cutoff: skipReason === 'kept-forever' ? null : cutoffOf(terms, target),
    retentionDays: retentionDaysOf(terms, target),
    strategy: null,
    batches: 0,
    longestBatchMs: 0,
    durationMs: 0,
    skipReason,
  };
}
