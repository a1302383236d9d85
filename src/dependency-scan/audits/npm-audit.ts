import * as v from 'valibot';
import { type Finding, findingOf } from '../finding.js';
import { assertMerged } from '../lock-file.js';
import { parseJson } from '../project.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import { SEVERITIES } from '../severity.js';
import { auditFailure } from './audit-failure.js';
import { assertNpmLock, hasProductionPackages } from '../locks/npm-lock.js';
import type { AuditedProject, AuditOutput, PackageAudit } from './package-audit.js';

const severity = v.picklist(SEVERITIES);
const advisorySchema = v.object({
  source: v.nullish(v.union([v.number(), v.string()])),
  name: v.string(),
  severity,
  title: v.nullish(v.string()),
  url: v.nullish(v.string()),
  range: v.nullish(v.string()),
});
const vulnerabilitySchema = v.object({
  severity,
  /** A text names another vulnerable package, through which this one is vulnerable too. */
  via: v.pipe(v.array(v.union([v.string(), advisorySchema])), v.minLength(1)),
  fixAvailable: v.optional(v.union([v.boolean(), v.object({})])),
});
const reportSchema = v.object({
  auditReportVersion: v.literal(2),
  vulnerabilities: v.record(v.string(), vulnerabilitySchema),
  metadata: v.object({
    vulnerabilities: v.object({ total: v.number() }),
    dependencies: v.object({ total: v.number() }),
  }),
});

type NpmReport = v.InferOutput<typeof reportSchema>;

/**
 * npm's log of what the registry answered, as Node shows values. An object of lists is what it should be: npm takes `null`, a list or an
 * object of anything empty for no vulnerabilities too, and does not even ask when it is configured to be offline.
 */
const LOGGED_ANSWER = /^\S+ sil\w* audit report (.*)$/m;
const LIST_OF_ADVISORIES = /^\{(\}|$| (?:'[^']*'|[^\s:]+): \[)/;

/** `npm audit` of npm 7 and newer. */
export const npmAudit: PackageAudit = {
  packageManager: 'npm',
  assertAuditable: (project) => {
    assertMerged(project.lockFile);
    assertNpmLock(project);
  },
  args: ({ manifest, members }, timeoutMs) => [
    'audit',
    '--omit=dev',
    // Stronger than any --omit, wherever it is configured; what it is set to here changes nothing.
    '--include=prod',
    '--include=optional',
    '--include=peer',
    '--json',
    // npm finds nothing when it is told not to ask.
    '--offline=false',
    // Without it npm would audit what is in node_modules.
    '--package-lock=true',
    // In a workspace npm would turn to the root of it and to its lock file.
    ...(manifest.workspaces === undefined
      ? ['--workspaces=false']
      : // An .npmrc may name some of the workspaces, or leave out the root: all of them are asked about.
        [
          '--workspaces=true',
          '--include-workspace-root=true',
          ...members.flatMap(({ folder }) => (folder === '' ? [] : [`--workspace=./${folder}`])),
        ]),
    // The registry's answer is in the log alone.
    '--loglevel=silly',
    '--logs-max=0',
    '--color=false',
    '--update-notifier=false',
    // Waits of 10 s and a minute between attempts would use up the time.
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=5000',
    `--fetch-timeout=${timeoutMs}`,
  ],
  read,
};

function read(output: AuditOutput, project: AuditedProject): readonly Finding[] {
  const { success, output: report } = v.safeParse(reportSchema, parseJson(output.stdout));
  if (!success) {
    throw auditFailure('npm', output.stdout);
  }
  const findings = Object.values(report.vulnerabilities).flatMap(findingsOf);
  const entries = Object.keys(report.vulnerabilities).length;
  if (entries !== report.metadata.vulnerabilities.total || (findings.length === 0 && entries > 0)) {
    throw new ScanUnknownError('npm audit gave a report that contradicts itself');
  }
  if (findings.length === 0) {
    assertClean(output, report, project);
  }
  return findings;
}

function findingsOf({ via, fixAvailable }: NpmReport['vulnerabilities'][string]): Finding[] {
  return via.flatMap((advisory) =>
    typeof advisory === 'string'
      ? []
      : [
          findingOf({
            ...advisory,
            ids: [advisory.source],
            package: advisory.name,
            fixAvailable: fixAvailable === undefined ? null : fixAvailable !== false,
          }),
        ],
  );
}

function assertClean({ exitCode, log }: AuditOutput, { metadata }: NpmReport, project: AuditedProject): void {
  if (exitCode !== 0) {
    throw new ScanUnknownError(`npm audit found nothing, but ended with exit code ${exitCode ?? 'none'}`);
  }
  if (!hasProductionPackages(project)) {
    return;
  }
  if (metadata.dependencies.total === 0) {
    throw new ScanUnknownError(`npm audit saw no packages, but ${project.lockFile.name} has some`);
  }
  const answer = LOGGED_ANSWER.exec(log)?.[1];
  if (answer !== undefined && !LIST_OF_ADVISORIES.test(answer)) {
    throw new ScanUnknownError('npm audit found nothing, but the registry gave it no list of advisories');
  }
}
