import { resolve } from 'node:path';
import type { Instant } from '../database/instant.js';
import type { DependencyScanRequest } from './dependency-scan-request.js';
import type { CompleteDependencyScanSettings } from './dependency-scan-settings.js';
import type { ScanPlan } from './scan-result.js';

/** Decides what a scan has to do. The request goes over the settings; a relative folder is one of the working directory. */
export function scanPlan(
  settings: CompleteDependencyScanSettings,
  { level, cwd, signal }: DependencyScanRequest,
  runAt: Instant,
): ScanPlan {
  return {
    folder: resolve(cwd ?? settings.cwd ?? '.'),
    level: level ?? settings.level,
    timeoutMs: settings.timeoutMs,
    allow: settings.allow,
    today: runAt.slice(0, 'yyyy-mm-dd'.length),
    env: process.env,
    signal,
  };
}
