import type { EventsByName } from '../contract/run-events.js';
import type { Vulnerability } from './dependency-scan-report.js';

/** A known vulnerability at or above the level of the scan. */
export interface VulnerabilityFoundEvent extends Vulnerability {
  readonly event: 'tenxyte-maintenance.dependencies.vulnerability-found';
  readonly runId: string;
}

/** The events of the dependency scan. */
export type DependencyScanEvents = EventsByName<VulnerabilityFoundEvent>;
