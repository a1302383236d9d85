import { onOneLine } from '../../text/format.js';
import type { PackageManagerName } from '../dependency-scan-report.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import type { PackageSource } from './specifier.js';

/** So many are named of each kind. */
const MAX_NAMED = 3;

const SOURCE_WORDS: Readonly<Record<Exclude<PackageSource, 'registry' | 'workspace'> | 'other-registry', string>> = {
  git: 'from git',
  url: 'from a URL',
  file: 'from a file',
  patch: 'patched',
  'other-registry': 'from another registry',
};

/** What an audit of a lock file would pass over, so that its answer would be of the rest alone. */
export class LockGaps {
  private readonly missing = new Set<string>();
  private readonly outdated = new Set<string>();
  private readonly uncovered = new Set<string>();

  /** The lock file lacks it. */
  public lack(label: string): void {
    this.missing.add(onOneLine(label));
  }

  /** The lock file holds another one than the `package.json` asks for. */
  public differ(label: string, held: string, asked: string): void {
    this.outdated.add(onOneLine(`${label} ${held} where ${asked} is asked for`));
  }

  /** No advisory is about it, wherever it comes from. What a registry or a workspace gives is none of them. */
  public uncover(label: string, source: PackageSource | 'other-registry'): void {
    if (source !== 'registry' && source !== 'workspace') {
      this.uncovered.add(onOneLine(`${label} (${SOURCE_WORDS[source]})`));
    }
  }

  /** @throws {ScanUnknownError} naming a few of each kind */
  public assertNone(lockFile: string, packageManager: PackageManagerName): void {
    const isOfAnother = [
      ...(this.missing.size > 0 ? [`it lacks ${few(this.missing)}`] : []),
      ...(this.outdated.size > 0 ? [`it holds ${few(this.outdated)}`] : []),
    ];
    const sentences = [
      ...(isOfAnother.length > 0
        ? [`${lockFile} is not of this package.json: ${isOfAnother.join(', and ')}. Run ${packageManager} install`]
        : []),
      ...(this.uncovered.size > 0 ? [`No advisory can cover ${few(this.uncovered)} in ${lockFile}`] : []),
    ];
    if (sentences.length > 0) {
      throw new ScanUnknownError(sentences.join('. '));
    }
  }
}

function few(names: ReadonlySet<string>): string {
  const all = [...names];
  const named = all.slice(0, MAX_NAMED).join(', ');
  return all.length > MAX_NAMED ? `${named} and ${all.length - MAX_NAMED} more` : named;
}
