import type { Metric } from '../contract/metric.js';

/** The metrics of the dependency scan. */
export const SCAN_METRICS = {
  findings: {
    name: 'tenxyte.maintenance.dependencies.findings',
    kind: 'gauge',
    description: 'Known vulnerabilities that the last scan of this process found',
    unit: '{finding}',
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** Their attributes. */
export const SCAN_ATTRIBUTES = { severity: 'tenxyte.maintenance.dependencies.severity' } as const;
