import type { Vulnerability } from './dependency-scan-report.js';

/** A known vulnerability at or above the level of the scan. */
export interface VulnerabilityFoundEvent extends Vulnerability {
  readonly runId: string;
}

/** The events of the dependency scan. */
export interface DependencyScanEvents {
  'tenxyte-maintenance.dependencies.vulnerability-found': VulnerabilityFoundEvent;
}
