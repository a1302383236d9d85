import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { declaredManager, type DeclaredManager } from './declared-manager.js';
import type { PackageManagerName } from './dependency-scan-report.js';
import { type PackageManifest, pathOnOneLine, readFileOf } from './project.js';
import { ScanUnknownError } from './scan-unknown.error.js';

/** A lock file, read. */
export interface LockFile {
  readonly name: string;
  readonly packageManager: PackageManagerName;
  readonly text: string;
}

/** Where two of one package manager lie side by side, it takes the first. */
const LOCK_FILES: readonly Pick<LockFile, 'name' | 'packageManager'>[] = [
  { name: 'npm-shrinkwrap.json', packageManager: 'npm' },
  { name: 'package-lock.json', packageManager: 'npm' },
  { name: 'pnpm-lock.yaml', packageManager: 'pnpm' },
  { name: 'yarn.lock', packageManager: 'yarn' },
  { name: 'bun.lock', packageManager: 'bun' },
  { name: 'bun.lockb', packageManager: 'bun' },
  { name: 'deno.lock', packageManager: 'deno' },
];

/** What else a package manager leaves in a folder that it installs. */
const MARKS: readonly (readonly [string, string])[] = [
  ['node_modules/.package-lock.json', 'npm'],
  ['pnpm-workspace.yaml', 'pnpm'],
  ['node_modules/.modules.yaml', 'pnpm'],
  ['.yarnrc.yml', 'yarn'],
  ['.pnp.cjs', 'yarn'],
  ['node_modules/.yarn-state.yml', 'yarn'],
  ['node_modules/.yarn-integrity', 'yarn'],
  ['vlt-lock.json', 'vlt'],
  ['node_modules/.vlt-lock.json', 'vlt'],
];

/** The lock files of a folder, read. */
export async function readLockFiles(folder: string): Promise<readonly LockFile[]> {
  const found: LockFile[] = [];
  for (const { name, packageManager } of LOCK_FILES) {
    const text = await readFileOf(folder, name);
    if (text !== undefined) {
      found.push({ name, packageManager, text });
    }
  }
  if (found.length === 0) {
    const known = LOCK_FILES.map(({ name }) => name).join(', ');
    throw new ScanUnknownError(
      `There is no lock file in ${pathOnOneLine(folder)}: none of ${known}. Say where it is with dependencyScan.cwd or --cwd`,
    );
  }
  return found;
}

/**
 * The lock file in use: that of the package manager which `package.json` names. Where it names none, there must be no sign of a second one,
 * as which of two is stale could only be guessed.
 *
 * @throws {ScanUnknownError} when it is not known which one is in use
 */
export async function lockFileInUse(
  folder: string,
  found: readonly LockFile[],
  manifest: PackageManifest,
): Promise<LockFile> {
  const declared = declaredManager(manifest);
  const inUse =
    declared === undefined ? found : found.filter(({ packageManager }) => declared.names.includes(packageManager));
  const [first, ...others] = inUse;
  if (first === undefined) {
    throw otherManager(found, declared);
  }
  if (others.some(({ packageManager }) => packageManager !== first.packageManager)) {
    const names = inUse.map(({ name }) => name).join(' and ');
    throw new ScanUnknownError(
      `There is more than one package manager's lock file: ${names}. Remove the stale one, or say packageManager in package.json`,
    );
  }
  if (declared === undefined) {
    await assertNoOtherMark(folder, first);
  }
  return first;
}

function otherManager(found: readonly LockFile[], declared: DeclaredManager | undefined): ScanUnknownError {
  const managers = [...new Set(found.map(({ packageManager }) => packageManager))].join(' and ');
  const names = found.map(({ name }) => name).join(' and ');
  return new ScanUnknownError(
    `${names} is of ${managers}, but ${declared?.words ?? 'nothing'} in package.json: which one installs cannot be told`,
  );
}

async function assertNoOtherMark(folder: string, { name, packageManager }: LockFile): Promise<void> {
  for (const [mark, owner] of MARKS) {
    const isThere = await stat(join(folder, mark)).then(
      () => true,
      () => false,
    );
    if (isThere && owner !== packageManager) {
      throw new ScanUnknownError(
        `${name} is of ${packageManager}, but there is ${mark} of ${owner}: which one installs cannot be told. Remove what is stale, or say packageManager in package.json`,
      );
    }
  }
}

/** @throws {ScanUnknownError} when a merge left its marks in the file. */
export function assertMerged({ name, text }: LockFile): void {
  if (/^(<{7}|>{7}) /m.test(text)) {
    throw new ScanUnknownError(`${name} is broken: it holds the marks of a merge that was not finished`);
  }
}
