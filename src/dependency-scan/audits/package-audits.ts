import type { PackageManagerName } from '../dependency-scan-report.js';
import { npmAudit } from './npm-audit.js';
import type { PackageAudit } from './package-audit.js';
import { pnpmAudit } from './pnpm-audit.js';
import { yarnAudit } from './yarn-audit.js';

/** The audit of each package manager. */
export const PACKAGE_AUDITS: Readonly<Record<PackageManagerName, PackageAudit>> = {
  npm: npmAudit,
  pnpm: pnpmAudit,
  yarn: yarnAudit,
};
