import type { TaskReport } from '../contract/task-report.js';
import type { AllowedAdvisory } from './dependency-scan-settings.js';
import type { ScanLevel, Severity } from './severity.js';

/** Lists of a report are cut at this many entries; its counts are whole. */
export const MAX_REPORTED_VULNERABILITIES = 100;

/** The result of a scan. `unknown`: it could not tell, which is never as good as clean. */
export type ScanVerdict = 'clean' | 'vulnerable' | 'unknown';

/** A package manager whose lock file is known. Of Deno's there is no audit that a machine could read. */
export type PackageManagerName = 'npm' | 'pnpm' | 'yarn' | 'bun' | 'deno';

/** A known vulnerability of a package that is installed. */
export interface Vulnerability {
  /** The advisory's id, `GHSA-…` where it has one, else the number that the registry gives it. */
  readonly id: string;
  readonly package: string;
  readonly severity: Severity;
  readonly title: string;
  /** Where the advisory can be read; null when the registry names no place. */
  readonly url: string | null;
  /** The versions that have it, such as `<4.17.21`. */
  readonly range: string;
  /** Whether the package manager knows a version without it; null when it does not say. */
  readonly fixAvailable: boolean | null;
}

/** A vulnerability that the `allow` option accepts. */
export interface AllowedVulnerability extends Pick<Vulnerability, 'id' | 'package' | 'severity'> {
  readonly reason: string;
  readonly expires: string;
}

/** How many vulnerabilities there are of each severity. */
export type SeverityCounts = Readonly<Record<Severity, number>>;

/** The report of a scan of the dependencies. */
export interface DependencyScanReport extends TaskReport {
  readonly task: 'dependency-scan';
  readonly verdict: ScanVerdict;
  /** Findings from this severity on are warned of, and make the command line exit with 5. */
  readonly level: ScanLevel;
  /** Null when the scan could not tell. */
  readonly packageManager: PackageManagerName | null;
  /** The name of the lock file; null when there was none, or it is not known which one is in use. */
  readonly lockFile: string | null;
  /** Without those that are allowed. */
  readonly counts: SeverityCounts;
  /** How many of them are at or above the level. */
  readonly atOrAboveLevel: number;
  /** The worst first, at most 100; without those that are allowed. */
  readonly vulnerabilities: readonly Vulnerability[];
  /** Found, and accepted by the `allow` option; at most 100. */
  readonly allowed: readonly AllowedVulnerability[];
  /** Entries of `allow` that no longer do anything: past their last day, or of an advisory that was not found. */
  readonly staleAllowances: readonly AllowedAdvisory[];
  /** Why the verdict is `unknown`; absent otherwise. */
  readonly reason?: string;
}
