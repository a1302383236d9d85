/** How bad a vulnerability is, the worst first: the levels of the npm, pnpm and Yarn audits. */
export const SEVERITIES = ['critical', 'high', 'moderate', 'low', 'info'] as const;

/** One of the {@link SEVERITIES}. */
export type Severity = (typeof SEVERITIES)[number];

/** The levels from which on findings count as such. */
export const SCAN_LEVELS = ['low', 'moderate', 'high', 'critical'] as const;

/** One of the {@link SCAN_LEVELS}. */
export type ScanLevel = (typeof SCAN_LEVELS)[number];

/** True when a vulnerability is at least as bad as the level. */
export function isAtOrAbove(severity: Severity, level: ScanLevel): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(level);
}
