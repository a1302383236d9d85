import { posix } from 'node:path';
import * as v from 'valibot';
import type { AuditedProject } from '../audits/package-audit.js';
import { parseJsonFile } from '../project.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import { type DeclaredDependency, declaredDependencies, type ProjectMember } from './declared-dependencies.js';
import { LockGaps } from './lock-gaps.js';
import { findGapsOfOldNpmLock, oldNpmPackages } from './old-npm-lock.js';
import { isSatisfied, sourceOf } from './specifier.js';

const specifiers = v.optional(v.record(v.string(), v.string()), {});
const entrySchema = v.object({
  dev: v.optional(v.boolean(), false),
  optional: v.optional(v.boolean(), false),
  devOptional: v.optional(v.boolean(), false),
  link: v.optional(v.boolean(), false),
  hasShrinkwrap: v.optional(v.boolean(), false),
  version: v.optional(v.string()),
  resolved: v.optional(v.union([v.string(), v.boolean()])),
  dependencies: specifiers,
  optionalDependencies: specifiers,
});
const lockSchema = v.object({ packages: v.record(v.string(), entrySchema) });
const versionSchema = v.object({ lockfileVersion: v.number() });

type NpmPackages = v.InferOutput<typeof lockSchema>['packages'];
type Entry = NpmPackages[string];

/**
 * @throws {ScanUnknownError} when the lock file is broken or of an unknown version, or when there is something in production that it lacks,
 * holds in another version than is asked for, or takes from elsewhere than a registry: npm would audit the rest and call it clean
 */
export function assertNpmLock(project: AuditedProject): void {
  const { lockFile, members } = project;
  const gaps = new LockGaps();
  if (versionOf(project) === 1) {
    findGapsOfOldNpmLock(project, gaps);
  } else {
    const packages = packagesOf(project);
    members
      .filter(({ folder }) => packages[folder] === undefined && folder !== '')
      .forEach(({ folder }) => gaps.lack(`the workspace ${folder}`));
    members.forEach((member) => findGapsOf(member, project, packages, gaps));
    Object.entries(packages).forEach(([path, entry]) => findGapsBelow(path, entry, packages, gaps));
  }
  findOverridden(members, gaps);
  gaps.assertNone(lockFile.name, 'npm');
}

/** True when the lock file holds a package that is installed in production, so that there is something to ask the registry about. */
export function hasProductionPackages(project: AuditedProject): boolean {
  if (versionOf(project) === 1) {
    return oldNpmPackages(project).some(([, { dev }]) => !dev);
  }
  return Object.entries(packagesOf(project)).some(
    ([path, { dev, link, version }]) => path !== '' && !dev && !link && version !== undefined,
  );
}

function versionOf({ lockFile }: AuditedProject): number {
  const { lockfileVersion } = parseJsonFile(lockFile.name, lockFile.text, versionSchema);
  if (![1, 2, 3].includes(lockfileVersion)) {
    throw new ScanUnknownError(`${lockFile.name} has the lockfileVersion ${lockfileVersion}, which is not known here`);
  }
  return lockfileVersion;
}

function packagesOf({ lockFile }: AuditedProject): NpmPackages {
  return parseJsonFile(lockFile.name, lockFile.text, lockSchema).packages;
}

function findGapsOf(member: ProjectMember, { members }: AuditedProject, packages: NpmPackages, gaps: LockGaps): void {
  const overridden = JSON.stringify(members[0]?.manifest.overrides ?? {});
  for (const dependency of declaredDependencies(member)) {
    const { name, specifier, label } = dependency;
    const entry = lookUp(packages, member.folder, name);
    if (entry === undefined || isOfDevelopment(entry, dependency, member)) {
      gaps.lack(label);
    } else if (entry.link) {
      const isWorkspace = members.some(({ folder }) => folder !== '' && folder === entry.resolved);
      gaps.uncover(label, isWorkspace ? 'workspace' : 'file');
    } else if (sourceOf(specifier) !== 'registry') {
      gaps.uncover(label, sourceOf(specifier));
    } else if (
      !isSatisfied(specifier, entry.version ?? '') &&
      ![`"${name}"`, `"${name}@`].some((key) => overridden.includes(key))
    ) {
      gaps.differ(label, entry.version ?? 'of no version', specifier);
    }
  }
}

/** What moved among the dependencies of production since the lock file was written: `--omit=dev` would leave it out. */
function isOfDevelopment({ dev }: Entry, { name, group }: DeclaredDependency, { manifest }: ProjectMember): boolean {
  return dev && group !== 'peerDependencies' && !Object.hasOwn(manifest.devDependencies ?? {}, name);
}

/** What the packages of the lock file depend on. An optional one may lack parts of its own, which npm drops for other platforms. */
function findGapsBelow(path: string, entry: Entry, packages: NpmPackages, gaps: LockGaps): void {
  const at = path.lastIndexOf('node_modules/');
  if (entry.dev || entry.link || at === -1) {
    return;
  }
  const name = path.slice(at + 'node_modules/'.length);
  if (typeof entry.resolved === 'string' && !/^https?:/.test(entry.resolved)) {
    gaps.uncover(name, sourceOf(entry.resolved));
  }
  const { dependencies, optionalDependencies, optional, devOptional, hasShrinkwrap } = entry;
  for (const [below, specifier] of Object.entries({ ...dependencies, ...optionalDependencies })) {
    gaps.uncover(below, sourceOf(specifier));
  }
  const needed = optional || devOptional || hasShrinkwrap ? [] : Object.keys(dependencies);
  needed
    .filter((below) => !Object.hasOwn(optionalDependencies, below) && lookUp(packages, path, below)?.dev !== false)
    .forEach((below) => gaps.lack(`${below} of ${name}`));
}

/** As Node looks for it: from the folder up. */
function lookUp(packages: NpmPackages, folder: string, name: string): Entry | undefined {
  const path = posix.join(folder, 'node_modules', name);
  if (Object.hasOwn(packages, path)) {
    return packages[path];
  }
  return folder === '' ? undefined : lookUp(packages, posix.dirname(folder).replace(/^\.$/, ''), name);
}

function findOverridden(members: readonly ProjectMember[], gaps: LockGaps): void {
  const walk = (overrides: unknown, name: string): void => {
    if (typeof overrides === 'string') {
      gaps.uncover(name, sourceOf(overrides));
    } else if (typeof overrides === 'object' && overrides !== null) {
      Object.entries(overrides).forEach(([key, value]) => walk(value, key === '.' ? name : key));
    }
  };
  walk(members[0]?.manifest.overrides, '');
}
