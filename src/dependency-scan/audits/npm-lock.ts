import * as v from 'valibot';
import { onOneLine } from '../../text/format.js';
import { parseJsonFile } from '../project.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import type { AuditedProject } from './package-audit.js';

const entrySchema = v.object({
  dev: v.optional(v.boolean()),
  link: v.optional(v.boolean()),
  version: v.optional(v.string()),
});
const lockSchema = v.pipe(
  v.object({
    lockfileVersion: v.number(),
    packages: v.optional(v.record(v.string(), entrySchema)),
    dependencies: v.optional(v.record(v.string(), entrySchema)),
  }),
  v.check(({ lockfileVersion, packages }) => lockfileVersion < 2 || packages !== undefined),
);

type NpmLock = v.InferOutput<typeof lockSchema>;

/**
 * @throws {ScanUnknownError} when the lock file is broken, or lacks a dependency of the `package.json`: npm would audit the rest and call
 * it clean
 */
export function assertNpmLock({ lockFile, manifest }: AuditedProject): void {
  const lock = parseJsonFile(lockFile.name, lockFile.text, lockSchema);
  const missing = Object.keys(manifest.dependencies ?? {}).filter((name) => !isLocked(lock, name));
  if (missing.length > 0) {
    const [first = ''] = missing;
    const others = missing.length === 1 ? '' : ` and ${missing.length - 1} more`;
    throw new ScanUnknownError(
      `${lockFile.name} is not of this package.json: it lacks ${onOneLine(first)}${others}. Run npm install`,
    );
  }
}

/** True when the lock file holds a package that is installed in production, so that there is something to ask the registry about. */
export function hasProductionPackages({ lockFile }: AuditedProject): boolean {
  const { packages, dependencies = {} } = parseJsonFile(lockFile.name, lockFile.text, lockSchema);
  const entries = packages === undefined ? Object.entries(dependencies) : Object.entries(packages);
  return entries.some(
    ([path, { dev, link, version }]) => path !== '' && dev !== true && link !== true && version !== undefined,
  );
}

function isLocked({ packages, dependencies = {} }: NpmLock, name: string): boolean {
  return packages === undefined ? Object.hasOwn(dependencies, name) : Object.hasOwn(packages, `node_modules/${name}`);
}
