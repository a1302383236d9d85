import type { DependencyScanReport, Vulnerability } from './dependency-scan-report.js';

/** At most this many findings are warned of, a line each. */
const MAX_WARNINGS = 20;

/**
 * The security warnings about findings at or above the level, a line each, and one more about those that have none:
 *
 * ```text
 * dependency-scan 7f6c…: high vulnerability in lodash <4.17.21: Command Injection in lodash (GHSA-35jh-r3h4-6jhm, a fix is available)
 * dependency-scan 7f6c…: and 7 more at or above high
 * ```
 */
export function vulnerabilityWarnings(
  { runId, level }: Pick<DependencyScanReport, 'runId' | 'level'>,
  findings: readonly Vulnerability[],
): readonly string[] {
  const prefix = `dependency-scan ${runId}:`;
  const lines = findings.slice(0, MAX_WARNINGS).map((finding) => `${prefix} ${sentence(finding)}`);
  const others = findings.length - lines.length;
  return others > 0 ? [...lines, `${prefix} and ${others} more at or above ${level}`] : lines;
}

/** The warning about `allow` entries that do nothing any more; undefined when there are none. */
export function staleAllowancesWarning({
  runId,
  staleAllowances,
}: Pick<DependencyScanReport, 'runId' | 'staleAllowances'>): string | undefined {
  if (staleAllowances.length === 0) {
    return undefined;
  }
  const entries = staleAllowances
    .slice(0, MAX_WARNINGS)
    .map(({ id, expires }) => `${id} (until ${expires})`)
    .join(', ');
  return `dependency-scan ${runId}: entries of dependencyScan.allow are expired or no longer needed: ${entries}`;
}

function sentence({ severity, package: name, range, title, id, fixAvailable }: Vulnerability): string {
  const fix = fixAvailable === true ? ', a fix is available' : '';
  return `${severity} vulnerability in ${name} ${range}: ${title} (${id}${fix})`;
}
