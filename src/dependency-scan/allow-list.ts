import type { AllowedVulnerability } from './dependency-scan-report.js';
import type { AllowedAdvisory } from './dependency-scan-settings.js';
import type { Finding } from './finding.js';

/**
 * Tells the findings that the `allow` option accepts from those that it does not, or no longer.
 *
 * @param today the day in UTC, as `2026-12-31`; an entry's last day still counts
 */
export function applyAllowList(
  found: readonly Finding[],
  allow: readonly AllowedAdvisory[],
  today: string,
): {
  readonly findings: readonly Finding[];
  readonly allowed: readonly AllowedVulnerability[];
  readonly staleAllowances: readonly AllowedAdvisory[];
} {
  const valid = allow.filter(({ expires }) => !isExpired(expires, today));
  const entryOf = (finding: Finding): AllowedAdvisory | undefined => valid.find((entry) => isAbout(entry, finding));
  const allowed = found.flatMap((finding) => {
    const entry = entryOf(finding);
    const { id, package: name, severity } = finding;
    return entry === undefined ? [] : [{ id, package: name, severity, reason: entry.reason, expires: entry.expires }];
  });
  return {
    findings: found.filter((finding) => entryOf(finding) === undefined),
    allowed,
    staleAllowances: allow.filter(
      (entry) => isExpired(entry.expires, today) || !found.some((finding) => isAbout(entry, finding)),
    ),
  };
}

/** The entries past their last day: all that can be told of the list when nobody knows what there is to find. */
export function expiredAllowances(allow: readonly AllowedAdvisory[], today: string): AllowedAdvisory[] {
  return allow.filter(({ expires }) => isExpired(expires, today));
}

function isExpired(expires: string, today: string): boolean {
  return expires < today;
}

function isAbout({ id }: AllowedAdvisory, { ids }: Finding): boolean {
  return ids.includes(id.toUpperCase());
}
