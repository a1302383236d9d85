import * as v from 'valibot';
import { type Finding, findingOf } from '../finding.js';
import { assertMerged } from '../lock-file.js';
import { assertBunLock } from '../locks/bun-lock.js';
import { parseJson } from '../project.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import { SEVERITIES } from '../severity.js';
import { auditFailure } from './audit-failure.js';
import type { AuditOutput, PackageAudit } from './package-audit.js';

/** What the registry answers, which Bun prints as it comes: the advisories by the name of the package that has them. */
const answerSchema = v.record(
  v.string(),
  v.pipe(
    v.array(
      v.object({
        id: v.nullish(v.union([v.number(), v.string()])),
        url: v.nullish(v.string()),
        title: v.nullish(v.string()),
        severity: v.picklist(SEVERITIES),
        vulnerable_versions: v.nullish(v.string()),
      }),
    ),
    v.minLength(1),
  ),
);

/** `bun audit` of Bun 1.2.15 and newer. */
export const bunAudit: PackageAudit = {
  packageManager: 'bun',
  assertAuditable: (project) => {
    assertMerged(project.lockFile);
    assertBunLock(project);
  },
  // Older releases do not know --prod and report what is of development too.
  args: () => ['audit', '--json', '--prod'],
  read,
};

function read({ stdout, log, exitCode }: AuditOutput): readonly Finding[] {
  const answer = parseJson(stdout);
  const { success, output } = v.safeParse(answerSchema, answer);
  if (!success || Array.isArray(answer)) {
    throw auditFailure('bun', `${stdout}\n${log}`);
  }
  const findings = Object.entries(output).flatMap(([name, advisories]) =>
    advisories.map(({ id, vulnerable_versions: range, ...advisory }) =>
      findingOf({ ...advisory, ids: [id], package: name, range, fixAvailable: null }),
    ),
  );
  if (findings.length === 0 && exitCode !== 0) {
    throw new ScanUnknownError(`bun audit found nothing, but ended with exit code ${exitCode ?? 'none'}`);
  }
  return findings;
}
