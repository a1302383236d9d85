import * as v from 'valibot';
import { type Finding, findingOf } from '../finding.js';
import { SEVERITIES } from '../severity.js';

/** The report that registries gave before the bulk endpoint; pnpm prints it to this day, and so did Yarn 2 and 3. */
const reportSchema = v.object({
  advisories: v.record(
    v.string(),
    v.object({
      id: v.nullish(v.union([v.number(), v.string()])),
      github_advisory_id: v.nullish(v.string()),
      module_name: v.string(),
      severity: v.picklist(SEVERITIES),
      title: v.nullish(v.string()),
      url: v.nullish(v.string()),
      vulnerable_versions: v.nullish(v.string()),
      patched_versions: v.nullish(v.string()),
    }),
  ),
  metadata: v.object({
    vulnerabilities: v.record(v.string(), v.number()),
    totalDependencies: v.nullish(v.number()),
  }),
});

type Advisory = v.InferOutput<typeof reportSchema>['advisories'][string];

/** Reads a report; undefined when it is none. */
export function readQuickAuditReport(value: unknown):
  | {
      readonly findings: readonly Finding[];
      /** How many there are by its own count, which may be of places and not of advisories. */
      readonly counted: number;
      /** Packages looked at; null when it does not say. */
      readonly dependencies: number | null;
    }
  | undefined {
  const { success, output } = v.safeParse(reportSchema, value);
  if (!success) {
    return undefined;
  }
  const { advisories, metadata } = output;
  return {
    findings: Object.entries(advisories).map(([key, advisory]) => findingFrom(key, advisory)),
    counted: Object.values(metadata.vulnerabilities).reduce((sum, count) => sum + count, 0),
    dependencies: metadata.totalDependencies ?? null,
  };
}

function findingFrom(key: string, advisory: Advisory): Finding {
  const { github_advisory_id: githubId, patched_versions: patched } = advisory;
  return findingOf({
    ids: [githubId, advisory.id ?? key],
    package: advisory.module_name,
    severity: advisory.severity,
    title: advisory.title,
    url: advisory.url,
    range: advisory.vulnerable_versions,
    // "<0.0.0" is how the registry says that no version is without it.
    fixAvailable: patched === null || patched === undefined || patched === '' ? null : patched !== '<0.0.0',
  });
}
