import type { AuditedProject } from '../audits/package-audit.js';
import type { LockFile } from '../lock-file.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import { type BlockMapping, blockAt, parseBlockMapping, textAt, textsIn } from './block-mapping.js';
import { declaredDependencies, type ProjectMember } from './declared-dependencies.js';
import { LockGaps } from './lock-gaps.js';
import { isSatisfied, sourceOf } from './specifier.js';

const KNOWN_VERSIONS = { from: 4, to: 10 } as const;

/**
 * @throws {ScanUnknownError} when the lock file is broken or of an unknown version, or when there is something in production that it lacks
 * or that no registry gives: Yarn asks about nothing else
 */
export function assertYarnLock({ lockFile, members }: AuditedProject): void {
  const version = yarnLockVersion(lockFile);
  const lock = parseBlockMapping(lockFile.text);
  if (version === undefined || lock === undefined) {
    throw new ScanUnknownError('yarn.lock is broken: it has no __metadata');
  }
  if (version < KNOWN_VERSIONS.from || version > KNOWN_VERSIONS.to) {
    throw new ScanUnknownError(`yarn.lock is of version ${version}, which is not known here`);
  }
  const gaps = new LockGaps();
  const walk = new YarnWalk(lock, members, gaps);
  members.forEach((member) => walk.from(member));
  gaps.assertNone(lockFile.name, 'yarn');
}

/** The version of a lock file of Yarn 2 or newer. */
export function yarnLockVersion({ text }: LockFile): number | undefined {
  const version = /^__metadata:\r?\n {2}version: "?(\d+)/m.exec(text)?.[1];
  return version === undefined ? undefined : Number(version);
}

class YarnWalk {
  /** By each descriptor of theirs, such as `lodash@npm:^4.17.0`. */
  private readonly entries = new Map<string, BlockMapping>();
  /** The resolutions of the root, which stand above what is asked for. */
  private readonly resolutions: Readonly<Record<string, unknown>>;
  private readonly seen = new Set<BlockMapping>();

  public constructor(
    lock: BlockMapping,
    members: readonly ProjectMember[],
    private readonly gaps: LockGaps,
  ) {
    for (const key of lock.keys()) {
      key.split(/\s*,\s*/).forEach((descriptor) => this.entries.set(descriptor, blockAt(lock, key)));
    }
    this.resolutions = members[0]?.manifest.resolutions ?? {};
    Object.entries(this.resolutions).forEach(([name, to]) => gaps.uncover(name, sourceOf(String(to))));
  }

  public from(member: ProjectMember): void {
    const { folder } = member;
    if (folder !== '' && ![...this.entries.keys()].some((descriptor) => descriptor.endsWith(`@workspace:${folder}`))) {
      this.gaps.lack(`the workspace ${folder}`);
      return;
    }
    // Yarn installs no peers by itself.
    for (const { name, specifier, label } of declaredDependencies(member).filter(
      ({ group }) => group !== 'peerDependencies',
    )) {
      this.visit(name, specifier, label);
    }
  }

  private visit(name: string, specifier: string, label: string): void {
    const source = sourceOf(specifier);
    if (source !== 'registry') {
      this.gaps.uncover(label, source);
      return;
    }
    const entry = this.entryOf(name, specifier);
    if (entry === undefined) {
      this.gaps.lack(`${label}@${specifier}`);
      return;
    }
    const resolution = (textAt(entry, 'resolution') ?? '').slice(name.length + 1);
    this.gaps.uncover(label, sourceOf(resolution));
    const version = textAt(entry, 'version') ?? '';
    if (resolution.startsWith('npm:') && !isSatisfied(specifier, version) && !this.isResolved(name)) {
      this.gaps.differ(label, version, specifier);
    }
    if (!this.seen.has(entry)) {
      this.seen.add(entry);
      for (const [below, itsSpecifier] of textsIn(blockAt(entry, 'dependencies'))) {
        this.visit(below, itsSpecifier, `${below} of ${name}`);
      }
    }
  }

  private entryOf(name: string, specifier: string): BlockMapping | undefined {
    const exact = this.entries.get(`${name}@${specifier}`) ?? this.entries.get(`${name}@npm:${specifier}`);
    // A catalog or a resolution stands for a range that is written elsewhere.
    return exact ?? (specifier.startsWith('catalog:') || this.isResolved(name) ? this.anyOf(name) : undefined);
  }

  private anyOf(name: string): BlockMapping | undefined {
    return [...this.entries].find(([descriptor]) => descriptor.startsWith(`${name}@`))?.[1];
  }

  private isResolved(name: string): boolean {
    // `lodash`, `lodash@npm:^4`, `parent/lodash`: the last of them, without its range.
    const targets = Object.keys(this.resolutions).map((key) => key.replace(/([^/])@[^/]*$/, '$1'));
    return targets.some((target) => target === name || target.endsWith(`/${name}`));
  }
}
