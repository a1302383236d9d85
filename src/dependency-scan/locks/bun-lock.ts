import * as v from 'valibot';
import type { AuditedProject } from '../audits/package-audit.js';
import { parseJsonFile } from '../project.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import { declaredDependencies, type ProjectMember } from './declared-dependencies.js';
import { LockGaps } from './lock-gaps.js';
import { isSatisfied, sourceOf } from './specifier.js';

const specifiers = v.optional(v.record(v.string(), v.string()), {});
const groupsSchema = v.object({
  name: v.optional(v.string(), ''),
  dependencies: specifiers,
  optionalDependencies: specifiers,
  peerDependencies: specifiers,
});
const lockSchema = v.object({
  lockfileVersion: v.number(),
  workspaces: v.record(v.string(), groupsSchema),
  overrides: v.optional(v.record(v.string(), v.unknown()), {}),
  /** `[name@version, registry or tarball, what it depends on, integrity]`; what is of no registry has no second one. */
  packages: v.record(v.string(), v.looseTuple([v.string()])),
});

type BunLock = v.InferOutput<typeof lockSchema>;

const DEFAULT_REGISTRY = /^($|https:\/\/registry\.npmjs\.org\/)/;
const NAME = /^(@[^/]+\/)?[^/@]+/;

/**
 * @throws {ScanUnknownError} when the lock file is binary, broken or of an unknown version, or when there is something in production that
 * it lacks, that was locked for another range, or that Bun does not ask about, as it does not come from the default registry
 */
export function assertBunLock({ lockFile, members }: AuditedProject): void {
  if (lockFile.name === 'bun.lockb') {
    throw new ScanUnknownError(
      'bun.lockb is binary, so that nobody can tell what it lacks. Run bun install --save-text-lockfile',
    );
  }
  const lock = parseJsonFile(lockFile.name, withoutTrailingCommas(lockFile.text), lockSchema);
  if (![0, 1].includes(lock.lockfileVersion)) {
    throw new ScanUnknownError(`bun.lock has the lockfileVersion ${lock.lockfileVersion}, which is not known here`);
  }
  const gaps = new LockGaps();
  const walk = new BunWalk(lock, gaps);
  members.forEach((member) => walk.from(member));
  gaps.assertNone(lockFile.name, 'bun');
}

function withoutTrailingCommas(text: string): string {
  return text.replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_all, quoted: string | undefined) => quoted ?? '');
}

function dependenciesIn(about: unknown): v.InferOutput<typeof groupsSchema> {
  const { success, output } = v.safeParse(groupsSchema, about);
  if (!success) {
    throw new ScanUnknownError('bun.lock is broken');
  }
  return output;
}

class BunWalk {
  private readonly seen = new Set<string>();

  public constructor(
    private readonly lock: BunLock,
    private readonly gaps: LockGaps,
  ) {}

  public from(member: ProjectMember): void {
    const locked = this.lock.workspaces[member.folder];
    if (locked === undefined) {
      this.gaps.lack(member.folder === '' ? 'the folder itself' : `the workspace ${member.folder}`);
      return;
    }
    const asked = { ...locked.peerDependencies, ...locked.dependencies, ...locked.optionalDependencies };
    for (const { name, specifier, label, group } of declaredDependencies(member)) {
      const held = Object.hasOwn(asked, name) ? asked[name] : undefined;
      if (held === undefined) {
        this.gaps.lack(label);
      } else if (held !== specifier && group !== 'bundleDependencies') {
        this.gaps.differ(label, held, specifier);
      } else {
        this.visit(locked.name, name, specifier, label);
      }
    }
  }

  private visit(parent: string, name: string, specifier: string, label: string): void {
    const key = this.lookUp(parent, name);
    const entry = key === undefined ? undefined : this.lock.packages[key];
    if (key === undefined || entry === undefined) {
      this.gaps.lack(label);
      return;
    }
    const [id, registry, about] = entry as readonly [string, ...unknown[]];
    const version = id.replace(NAME, '').slice(1);
    const source = sourceOf(version);
    this.gaps.uncover(label, source);
    if (source !== 'registry') {
      return;
    }
    if (typeof registry === 'string' && !DEFAULT_REGISTRY.test(registry)) {
      this.gaps.uncover(label, 'other-registry');
    }
    if (!isSatisfied(specifier, version) && !Object.hasOwn(this.lock.overrides, name)) {
      this.gaps.differ(label, version, specifier);
    }
    if (!this.seen.has(key)) {
      this.seen.add(key);
      const { dependencies, optionalDependencies, peerDependencies } = dependenciesIn(about);
      Object.entries(dependencies).forEach(([below, range]) => this.visit(key, below, range, `${below} of ${name}`));
      // Those of another platform, and peers that nobody installed, need not be there.
      Object.entries({ ...peerDependencies, ...optionalDependencies })
        .filter(([below]) => this.lookUp(key, below) !== undefined)
        .forEach(([below, range]) => {
          this.visit(key, below, Object.hasOwn(optionalDependencies, below) ? range : '*', `${below} of ${name}`);
        });
    }
  }

  /** A package of its own for `a` stands at `a/name`, for whom it depends on at `b/a/name`; else it shares that of the root. */
  private lookUp(parent: string, name: string): string | undefined {
    const key = parent === '' ? name : `${parent}/${name}`;
    if (Object.hasOwn(this.lock.packages, key)) {
      return key;
    }
    return parent === '' ? undefined : this.lookUp(parent.replace(/\/?(@[^/]+\/)?[^/]+$/, ''), name);
  }
}
