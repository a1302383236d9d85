/** How bad a vulnerability is, the worst first: the levels of the npm, pnpm and Yarn audits. */
export const SEVERITIES = ['critical', 'high', 'moderate', 'low', 'info'] as const;

/** How bad a vulnerability is, in the words of the audits, from `critical` down to `info`. */
export type Severity = (typeof SEVERITIES)[number];

/** The levels from which on findings count as such. */
export const SCAN_LEVELS = ['low', 'moderate', 'high', 'critical'] as const;

/** A level from which on findings count: a severity, but for `info`. */
export type ScanLevel = (typeof SCAN_LEVELS)[number];

/** True when a vulnerability is at least as bad as the level. */
export function isAtOrAbove(severity: Severity, level: ScanLevel): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(level);
}
