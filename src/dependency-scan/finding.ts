import { onOneLine } from '../text/format.js';
import type { Vulnerability } from './dependency-scan-report.js';
import { SEVERITIES, type Severity } from './severity.js';

const MAX_ID_LENGTH = 64;
/** npm allows no longer one. */
const MAX_PACKAGE_LENGTH = 214;
const MAX_TEXT_LENGTH = 300;

/** A vulnerability with every id that its advisory goes by, in capitals. */
export interface Finding extends Vulnerability {
  readonly ids: readonly string[];
}

/**
 * Takes in what the registry says of a vulnerability. Its texts go into logs, terminals and a `jsonb` column, which holds no NUL and no
 * half a character: they are cut, kept on one line, and lose the credentials of any URL in them.
 */
export function findingOf(raw: {
  readonly ids: readonly (string | number | null | undefined)[];
  readonly package: string;
  readonly severity: Severity;
  readonly title?: string | null | undefined;
  readonly url?: string | null | undefined;
  readonly range?: string | null | undefined;
  readonly fixAvailable: boolean | null;
}): Finding {
  const url = /^https?:\/\//.test(raw.url ?? '') ? clean(raw.url, MAX_TEXT_LENGTH) : null;
  const fromUrl = /GHSA(-[a-z0-9]{4}){3}/i.exec(url ?? '')?.[0];
  const ids = [fromUrl, ...raw.ids].map((id) => clean(String(id ?? ''), MAX_ID_LENGTH)).filter((id) => id !== '');
  const name = clean(raw.package, MAX_PACKAGE_LENGTH);
  return {
    id: ids.find((id) => id.toUpperCase().startsWith('GHSA-')) ?? ids[0] ?? `unnamed advisory of ${name}`,
    ids: ids.map((id) => id.toUpperCase()),
    package: name,
    severity: raw.severity,
    title: clean(raw.title, MAX_TEXT_LENGTH) || 'no title',
    url,
    range: clean(raw.range, MAX_TEXT_LENGTH) || '*',
    fixAvailable: raw.fixAvailable,
  };
}

/** Each advisory of a package once, the worst first. */
export function distinctFindings(findings: readonly Finding[]): Finding[] {
  const byKey = new Map(findings.map((finding) => [`${finding.package}\n${finding.id}\n${finding.range}`, finding]));
  return [...byKey.values()].toSorted(
    (one, other) =>
      SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
      compare(one.package, other.package) ||
      compare(one.id, other.id),
  );
}

/** A finding as reports and events give it. */
export function vulnerabilityOf(finding: Finding): Vulnerability {
  const { ids: _, ...vulnerability } = finding;
  return vulnerability;
}

function clean(text: string | null | undefined, maxLength: number): string {
  return onOneLine(withoutCredentials(text ?? ''), maxLength).trim();
}

function withoutCredentials(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/gi, '$1***@');
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
