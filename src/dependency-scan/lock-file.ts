import type { PackageManagerName } from './dependency-scan-report.js';
import { pathOnOneLine, readFileOf } from './project.js';
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
];

/**
 * The one lock file of a folder. Which of two package managers' files is the stale one could only be guessed.
 *
 * @throws {ScanUnknownError} when there is none, more than one package manager's, or one that cannot be read
 */
export async function findLockFile(folder: string): Promise<LockFile> {
  const found: LockFile[] = [];
  for (const { name, packageManager } of LOCK_FILES) {
    const text = await readFileOf(folder, name);
    if (text !== undefined) {
      found.push({ name, packageManager, text });
    }
  }
  const [first] = found;
  const names = found.map(({ name }) => name).join(' and ');
  if (first === undefined) {
    const known = LOCK_FILES.map(({ name }) => name).join(', ');
    throw new ScanUnknownError(
      `There is no lock file in ${pathOnOneLine(folder)}: none of ${known}. Say where it is with dependencyScan.cwd or --cwd`,
    );
  }
  if (found.some(({ packageManager }) => packageManager !== first.packageManager)) {
    throw new ScanUnknownError(`There is more than one package manager's lock file: ${names}. Remove the stale one`);
  }
  return first;
}

/** @throws {ScanUnknownError} when a merge left its marks in the file. */
export function assertMerged({ name, text }: LockFile): void {
  if (/^(<{7}|>{7}) /m.test(text)) {
    throw new ScanUnknownError(`${name} is broken: it holds the marks of a merge that was not finished`);
  }
}
