import type { Finding } from '../finding.js';
import { assertMerged } from '../lock-file.js';
import { assertPnpmLock } from '../locks/pnpm-lock.js';
import { parseJson } from '../project.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import { auditFailure } from './audit-failure.js';
import type { AuditedProject, AuditOutput, PackageAudit } from './package-audit.js';
import { readQuickAuditReport } from './quick-audit-report.js';

/** `pnpm audit`. */
export const pnpmAudit: PackageAudit = {
  packageManager: 'pnpm',
  assertAuditable: (project) => {
    assertMerged(project.lockFile);
    assertPnpmLock(project);
  },
  // The level is said so that no configured one hides what is below it.
  args: () => ['audit', '--prod', '--json', '--audit-level=low'],
  read,
};

function read({ stdout, exitCode }: AuditOutput, project: AuditedProject): readonly Finding[] {
  const report = readQuickAuditReport(parseJson(stdout));
  if (report === undefined) {
    throw auditFailure('pnpm', stdout);
  }
  if (report.findings.length > 0) {
    return report.findings;
  }
  if (report.counted > 0) {
    throw new ScanUnknownError(
      `pnpm audit counted ${report.counted} vulnerabilities and listed none: its own auditConfig or auditLevel hides them, use dependencyScan.allow instead`,
    );
  }
  if (exitCode !== 0) {
    throw new ScanUnknownError(`pnpm audit found nothing, but ended with exit code ${exitCode ?? 'none'}`);
  }
  if (report.dependencies === 0 && hasProductionPackages(project)) {
    throw new ScanUnknownError(`pnpm audit saw no packages, but ${project.lockFile.name} has some`);
  }
  return [];
}

function hasProductionPackages({ lockFile: { text } }: AuditedProject): boolean {
  return /^( {4})?(dependencies|optionalDependencies):\r?$/m.test(text) && /^ {4}resolution:/m.test(text);
}
