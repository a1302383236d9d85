import { randomUUID } from 'node:crypto';
import { attributionOf } from '../contract/attribution.js';
import type { DependencyScanReport } from './dependency-scan-report.js';
import { type DependencyScanRequest, validateDependencyScanRequest } from './dependency-scan-request.js';
import type { CompleteDependencyScanSettings } from './dependency-scan-settings.js';
import { vulnerabilityWarnings } from './dependency-scan-warnings.js';
import { scanDependencies } from './scan-dependencies.js';
import { scanPlan } from './scan-result.js';

/**
 * Scans without a database: nothing is claimed or recorded, and `runAt` is the clock of this machine. `notes` warn of findings at or above
 * the level, however many.
 *
 * @param now @default the clock
 * @throws {MaintenanceConfigError} when the request is invalid
 */
export async function scanUnrecorded(
  settings: CompleteDependencyScanSettings,
  request: DependencyScanRequest,
  now: Date = new Date(),
): Promise<{ readonly report: DependencyScanReport; readonly notes: readonly string[] }> {
  const checked = validateDependencyScanRequest(request);
  const startedAt = performance.now();
  const runAt = now.toISOString().replace('Z', '000Z');
  const { result, aboveThreshold } = await scanDependencies(scanPlan(settings, checked, runAt));
  const durationMs = Math.round(performance.now() - startedAt);
  const report: DependencyScanReport = {
    task: 'dependency-scan',
    dryRun: false,
    runId: randomUUID(),
    runAt,
    durationMs,
    stopReason: result.status === 'stopped' ? 'signal' : null,
    cancelledBy: null,
    force: checked.force === true,
    startedBy: attributionOf(checked),
    isUncertain: false,
    ...result,
  };
  return { report, notes: vulnerabilityWarnings(report, aboveThreshold) };
}
