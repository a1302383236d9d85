import { DEPENDENCY_SCAN_TASK } from '../contract/maintenance-task.js';
import type { RunFigures, TaskWording } from '../telemetry/run-log.js';
import { countOf } from '../text/format.js';
import type { DependencyScanReport } from './dependency-scan-report.js';

/** `vulnerable, 0 critical, 2 high, 1 moderate, 0 low, 0 info, 1 allowed finding` */
export const DEPENDENCY_SCAN_WORDING: TaskWording<DependencyScanReport> = {
  task: DEPENDENCY_SCAN_TASK.name,
  figures,
};

function figures({ verdict, counts, allowed, atOrAboveLevel, level }: DependencyScanReport): RunFigures {
  const parts = Object.entries(counts).map(([severity, count]) => `${count} ${severity}`);
  return {
    text: [verdict, ...parts, countOf(allowed.length, 'allowed finding')].join(', '),
    fields: { verdict, counts, level, atOrAboveLevel, allowed: allowed.length },
  };
}
