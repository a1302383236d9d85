import { resolve } from 'node:path';
import type { TaskResult } from '../contract/maintenance-task.js';
import type { Instant } from '../database/instant.js';
import type { DependencyScanReport } from './dependency-scan-report.js';
import type { DependencyScanRequest } from './dependency-scan-request.js';
import type { CompleteDependencyScanSettings } from './dependency-scan-settings.js';
import type { Finding } from './finding.js';

/** A scan with its request and settings put together. */
export interface ScanPlan extends Pick<CompleteDependencyScanSettings, 'level' | 'timeoutMs' | 'allow'> {
  /** The folder with the lock file, as an absolute path. */
  readonly folder: string;
  /** The day in UTC, as `2026-12-31`, by which the `allow` entries are judged. */
  readonly today: string;
  /** Whether code of the folder may be run, whichever folder it is. That of the running application always may. */
  readonly trustsProject: boolean;
  /** The environment that the package manager is looked for and run in. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
}

/** The fields of the report that the scan itself fills in. */
export type ScanResult = TaskResult<DependencyScanReport>;

/** A scan's result with all findings at or above the level, the worst first, however many. */
export interface ScanOutcome {
  readonly result: ScanResult;
  readonly aboveThreshold: readonly Finding[];
}

/**
 * Puts a scan together: the request goes over the settings; a relative folder is one of the working directory. That the settings trust
 * their folder says nothing of another one that a request names.
 */
export function scanPlan(
  settings: CompleteDependencyScanSettings,
  { level, cwd, trustProject, signal }: DependencyScanRequest,
  runAt: Instant,
): ScanPlan {
  return {
    folder: resolve(cwd ?? settings.cwd ?? '.'),
    level: level ?? settings.level,
    timeoutMs: settings.timeoutMs,
    allow: settings.allow,
    trustsProject: trustProject ?? (cwd === undefined && settings.trustProject),
    today: runAt.slice(0, 'yyyy-mm-dd'.length),
    env: process.env,
    signal,
  };
}
