import * as v from 'valibot';
import { type Finding, findingOf } from '../finding.js';
import { assertMerged } from '../lock-file.js';
import { assertYarnLock, yarnLockVersion } from '../locks/yarn-lock.js';
import { parseJson } from '../project.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import { SEVERITIES } from '../severity.js';
import { auditFailure } from './audit-failure.js';
import type { AuditOutput, PackageAudit } from './package-audit.js';
import { readQuickAuditReport } from './quick-audit-report.js';

/** From this version of the lock file on it is Yarn 4. */
const YARN_4_LOCK_VERSION = 8;

/** A branch of the tree that Yarn 4 prints, a line each. */
const branchSchema = v.object({
  value: v.string(),
  children: v.object({
    ID: v.nullish(v.union([v.number(), v.string()])),
    Issue: v.nullish(v.string()),
    URL: v.nullish(v.string()),
    Severity: v.picklist(SEVERITIES),
    'Vulnerable Versions': v.nullish(v.string()),
  }),
});
const noticeSchema = v.object({ type: v.literal('info'), data: v.string() });

/** `yarn npm audit` of Yarn 2 and newer. */
export const yarnAudit: PackageAudit = {
  packageManager: 'yarn',
  assertAuditable: (project) => {
    const { lockFile } = project;
    assertMerged(lockFile);
    if (/^# yarn lockfile v1$/m.test(lockFile.text)) {
      throw new ScanUnknownError(
        'yarn.lock is of Yarn 1, whose audit is not supported: its registry endpoint is retired. Yarn 2 and newer are supported',
      );
    }
    assertYarnLock(project);
  },
  args: ({ lockFile }) => [
    'npm',
    'audit',
    '--all',
    '--recursive',
    '--environment',
    'production',
    '--json',
    // A deprecated package is no vulnerability; older versions know neither these nor the flag.
    ...((yarnLockVersion(lockFile) ?? 0) >= YARN_4_LOCK_VERSION ? ['--no-deprecations'] : []),
  ],
  read,
};

/** Yarn 4 prints nothing and exits with 0 when there is nothing. */
function read({ stdout, exitCode }: AuditOutput): readonly Finding[] {
  const lines = stdout.split('\n').filter((line) => line.trim() !== '');
  const findings = lines.flatMap((line) => findingsOfLine(line, stdout));
  if (findings.length === 0 && exitCode !== 0) {
    throw auditFailure('yarn', stdout);
  }
  return findings;
}

function findingsOfLine(line: string, stdout: string): readonly Finding[] {
  const value = parseJson(line);
  const branch = v.safeParse(branchSchema, value);
  if (branch.success) {
    const { value: name, children } = branch.output;
    return [
      findingOf({
        ids: [children.ID],
        package: name,
        severity: children.Severity,
        title: children.Issue,
        url: children.URL,
        range: children['Vulnerable Versions'],
        fixAvailable: null,
      }),
    ];
  }
  const report = readQuickAuditReport(value);
  if (report !== undefined && (report.findings.length > 0 || report.counted === 0)) {
    return report.findings;
  }
  if (v.is(noticeSchema, value)) {
    return [];
  }
  throw auditFailure('yarn', stdout);
}
