import { failure } from '../contract/task-report.js';
import { applyAllowList, expiredAllowances } from './allow-list.js';
import { auditEnvironment } from './audits/audit-environment.js';
import { runAuditProcess } from './audits/audit-process.js';
import { bunAudit } from './audits/bun-audit.js';
import { denoAudit } from './audits/deno-audit.js';
import { npmAudit } from './audits/npm-audit.js';
import type { PackageAudit } from './audits/package-audit.js';
import { pnpmAudit } from './audits/pnpm-audit.js';
import { yarnAudit } from './audits/yarn-audit.js';
import {
  MAX_REPORTED_VULNERABILITIES,
  type PackageManagerName,
  type SeverityCounts,
} from './dependency-scan-report.js';
import { distinctFindings, type Finding, vulnerabilityOf } from './finding.js';
import { type LockFile, lockFileInUse, readLockFiles } from './lock-file.js';
import { readMembers } from './locks/workspaces.js';
import { assertNoForeignCode, isOwnFolder } from './project-trust.js';
import { assertFolder, type PackageManifest, readManifest } from './project.js';
import type { ScanOutcome, ScanPlan, ScanResult } from './scan-result.js';
import { ScanUnknownError } from './scan-unknown.error.js';
import { isAtOrAbove, SEVERITIES } from './severity.js';

/** The audit of each package manager. */
const PACKAGE_AUDITS: Readonly<Record<PackageManagerName, PackageAudit>> = {
  npm: npmAudit,
  pnpm: pnpmAudit,
  yarn: yarnAudit,
  bun: bunAudit,
  deno: denoAudit,
};

/** Runs the audit of the package manager whose lock file lies in the folder. Whatever leaves a doubt makes the verdict `unknown`. */
export async function scanDependencies(plan: ScanPlan): Promise<ScanOutcome> {
  let lockFile: LockFile | undefined;
  try {
    await assertFolder(plan.folder);
    const lockFiles = await readLockFiles(plan.folder);
    const manifest = await readManifest(plan.folder);
    lockFile = await lockFileInUse(plan.folder, lockFiles, manifest);
    const findings = await audit(plan, lockFile, manifest);
    return findings === undefined ? undecided(plan, lockFile, 'stopped') : decided(plan, lockFile, findings);
  } catch (error) {
    if (error instanceof ScanUnknownError) {
      return undecided(plan, lockFile, error);
    }
    throw error;
  }
}

/** Undefined when it was stopped. */
async function audit(
  plan: ScanPlan,
  lockFile: LockFile,
  manifest: PackageManifest,
): Promise<readonly Finding[] | undefined> {
  const { folder, timeoutMs, signal } = plan;
  const packageAudit = PACKAGE_AUDITS[lockFile.packageManager];
  const isTrusted = plan.trustsProject || (await isOwnFolder(folder));
  if (!isTrusted) {
    await assertNoForeignCode(folder, manifest, plan.env);
  }
  const project = { lockFile, manifest, members: await readMembers(folder, manifest, lockFile.packageManager) };
  packageAudit.assertAuditable(project);
  const output = await runAuditProcess({
    command: packageAudit.packageManager,
    args: packageAudit.args(project, timeoutMs),
    cwd: folder,
    env: auditEnvironment(plan.env, lockFile.packageManager, isTrusted ? undefined : folder),
    timeoutMs,
    signal,
  });
  return output === undefined ? undefined : distinctFindings(packageAudit.read(output, project));
}

function decided({ level, allow, today }: ScanPlan, lockFile: LockFile, found: readonly Finding[]): ScanOutcome {
  const { findings, allowed, staleAllowances } = applyAllowList(found, allow, today);
  const aboveThreshold = findings.filter(({ severity }) => isAtOrAbove(severity, level));
  const result: ScanResult = {
    status: 'succeeded',
    verdict: findings.length === 0 ? 'clean' : 'vulnerable',
    level,
    packageManager: lockFile.packageManager,
    lockFile: lockFile.name,
    counts: countBySeverity(findings),
    atOrAboveLevel: aboveThreshold.length,
    vulnerabilities: findings.slice(0, MAX_REPORTED_VULNERABILITIES).map(vulnerabilityOf),
    allowed: allowed.slice(0, MAX_REPORTED_VULNERABILITIES),
    staleAllowances,
  };
  return { result, aboveThreshold };
}

function undecided(
  { level, allow, today }: ScanPlan,
  lockFile: LockFile | undefined,
  cause: ScanUnknownError | 'stopped',
): ScanOutcome {
  const isStopped = cause === 'stopped';
  const result: ScanResult = {
    status: isStopped ? 'stopped' : 'failed',
    verdict: 'unknown',
    level,
    packageManager: lockFile?.packageManager ?? null,
    lockFile: lockFile?.name ?? null,
    counts: countBySeverity([]),
    atOrAboveLevel: 0,
    vulnerabilities: [],
    allowed: [],
    staleAllowances: expiredAllowances(allow, today),
    reason: isStopped ? 'The scan was stopped before it was done' : cause.message,
    ...(isStopped ? {} : { error: failure(cause.code, cause.message) }),
  };
  return { result, aboveThreshold: [] };
}

function countBySeverity(findings: readonly Finding[]): SeverityCounts {
  const counts = SEVERITIES.map((severity) => [
    severity,
    findings.filter((finding) => finding.severity === severity).length,
  ]);
  return Object.fromEntries(counts) as SeverityCounts;
}
