import type { RunRefusal } from '../tasks/task-runner.js';
import type { DependencyScanReport } from './dependency-scan-report.js';
import type { ScanLevel } from './severity.js';

/** The report of a scan that was not made, as another one goes on. */
export function refusedScan({ runId, runAt, error }: RunRefusal, level: ScanLevel): DependencyScanReport {
  return {
    task: 'dependency-scan',
    status: 'skipped',
    dryRun: false,
    runId,
    runAt,
    durationMs: 0,
    verdict: 'unknown',
    level,
    packageManager: null,
    lockFile: null,
    counts: { critical: 0, high: 0, moderate: 0, low: 0, info: 0 },
    atOrAboveLevel: 0,
    vulnerabilities: [],
    allowed: [],
    staleAllowances: [],
    reason: error.message,
    error,
  };
}
