import { posix } from 'node:path';
import type { AuditedProject } from '../audits/package-audit.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import { type BlockMapping, blockAt, parseBlockMapping, textAt, textsIn } from './block-mapping.js';
import { declaredDependencies, type ProjectMember } from './declared-dependencies.js';
import { LockGaps } from './lock-gaps.js';
import { isSatisfied, sourceOf } from './specifier.js';

const GROUPS = ['dependencies', 'optionalDependencies'] as const;

/**
 * @throws {ScanUnknownError} when the lock file is broken or of an unknown version, or when there is something in production that it lacks,
 * that was locked for another range, or that no registry gives
 */
export function assertPnpmLock({ lockFile, members }: AuditedProject): void {
  const lock = parseBlockMapping(lockFile.text);
  const version = lock && textAt(lock, 'lockfileVersion');
  if (lock === undefined || version === undefined) {
    throw new ScanUnknownError(`${lockFile.name} is broken: it has no lockfileVersion`);
  }
  if (!/^(6\.[01]|9\.0)$/.test(version)) {
    throw new ScanUnknownError(
      `${lockFile.name} has a lockfileVersion that is not known here; 6 and 9 are. Update pnpm`,
    );
  }
  const gaps = new LockGaps();
  const walk = new PnpmWalk(lock, members, gaps);
  members.forEach((member) => walk.from(member));
  gaps.assertNone(lockFile.name, 'pnpm');
}

/** Goes from what is asked for to what it depends on; the lock file does not say which packages are of development alone. */
class PnpmWalk {
  private readonly packages: BlockMapping;
  private readonly overridden: readonly string[];
  private readonly installsPeers: boolean;
  private readonly seen = new Set<string>();

  public constructor(
    private readonly lock: BlockMapping,
    private readonly members: readonly ProjectMember[],
    private readonly gaps: LockGaps,
  ) {
    const snapshots = blockAt(lock, 'snapshots');
    this.packages = snapshots.size > 0 ? snapshots : blockAt(lock, 'packages');
    this.overridden = [...blockAt(lock, 'overrides').keys()];
    this.installsPeers = textAt(blockAt(lock, 'settings'), 'autoInstallPeers') !== 'false';
  }

  public from(member: ProjectMember): void {
    const importers = blockAt(this.lock, 'importers');
    const folder = member.folder === '' ? '.' : member.folder;
    if (importers.size > 0 && !importers.has(folder)) {
      this.gaps.lack(member.folder === '' ? 'the folder itself' : `the workspace ${member.folder}`);
      return;
    }
    const importer = importers.size > 0 ? blockAt(importers, folder) : this.lock;
    const locked = new Map(GROUPS.flatMap((group) => [...blockAt(importer, group)]));
    for (const { name, specifier, label, group } of declaredDependencies(member)) {
      const entry = locked.get(name);
      if (entry === undefined || typeof entry === 'string') {
        if (group !== 'peerDependencies' || this.installsPeers) {
          this.gaps.lack(label);
        }
        continue;
      }
      const held = textAt(entry, 'version') ?? '';
      const isMeant =
        textAt(entry, 'specifier') === specifier || ['bundleDependencies', 'peerDependencies'].includes(group);
      if (sourceOf(specifier) === 'registry' && (!isMeant || !isInRange(specifier, held)) && !this.isOverridden(name)) {
        this.gaps.differ(label, onlyVersion(held), specifier);
      }
      this.visit(name, held, label, member.folder);
    }
  }

  private visit(name: string, version: string, label: string, folder: string): void {
    const source = sourceOf(onlyVersion(version));
    if (source !== 'registry') {
      this.gaps.uncover(label, this.isMember(version, folder) ? 'workspace' : source);
      return;
    }
    const key = [`${name}@${version}`, `/${name}@${version}`, version].find((candidate) =>
      this.packages.has(candidate),
    );
    if (key === undefined) {
      this.gaps.lack(label);
      return;
    }
    if (!this.seen.has(key)) {
      this.seen.add(key);
      const groups = GROUPS.map((group) => blockAt(blockAt(this.packages, key), group));
      for (const [below, itsVersion] of groups.flatMap(textsIn)) {
        this.visit(below, itsVersion, `${below} of ${name}`, folder);
      }
    }
  }

  /** True for a folder of the same lock file, whose own dependencies are looked at. A link is seen from the folder, a copy from above. */
  private isMember(version: string, folder: string): boolean {
    const [, protocol, path = ''] = /^(link|file):([^(]*)/.exec(version) ?? [];
    const target = posix.join('/', protocol === 'link' ? folder : '', path);
    return protocol !== undefined && this.members.some((member) => target === posix.join('/', member.folder));
  }

  private isOverridden(name: string): boolean {
    return this.overridden.some(
      (selector) => selector === name || selector.includes(`${name}@`) || selector.endsWith(`>${name}`),
    );
  }
}

/** Without the peers that it was resolved with, and without the name of an alias: `/lodash@4.17.20(react@18.0.0)` is `4.17.20`. */
function onlyVersion(version: string): string {
  return version.replace(/\(.*$/, '').replace(/^\/?(?:@[^/@]+\/)?[^/@:]+@(?=\d)/, '');
}

function isInRange(specifier: string, version: string): boolean {
  return sourceOf(onlyVersion(version)) !== 'registry' || isSatisfied(specifier, onlyVersion(version));
}
