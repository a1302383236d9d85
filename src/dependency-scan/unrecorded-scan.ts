import { randomUUID } from 'node:crypto';
import type { DependencyScanReport, Vulnerability } from './dependency-scan-report.js';
import { type DependencyScanRequest, validateDependencyScanRequest } from './dependency-scan-request.js';
import type { CompleteDependencyScanSettings } from './dependency-scan-settings.js';
import { scanDependencies } from './scan-dependencies.js';
import { scanPlan } from './scan-result.js';

/** A scan's report with all findings at or above the level, the worst first, however many. */
export interface UnrecordedScan {
  readonly report: DependencyScanReport;
  readonly aboveThreshold: readonly Vulnerability[];
}

/**
 * Scans without a database: nothing is claimed or recorded, and `runAt` is the clock of this machine.
 *
 * @param now @default the clock
 * @throws {MaintenanceConfigError} when the request is invalid
 */
export async function scanUnrecorded(
  settings: CompleteDependencyScanSettings,
  request: DependencyScanRequest,
  now: Date = new Date(),
): Promise<UnrecordedScan> {
  validateDependencyScanRequest(request);
  const startedAt = performance.now();
  const runAt = now.toISOString().replace('Z', '000Z');
  const { result, aboveThreshold } = await scanDependencies(scanPlan(settings, request, runAt));
  const durationMs = Math.round(performance.now() - startedAt);
  const report: DependencyScanReport = {
    task: 'dependency-scan',
    dryRun: false,
    runId: randomUUID(),
    runAt,
    durationMs,
    ...result,
  };
  return { report, aboveThreshold };
}
