import type { PackageManifest } from '../project.js';

/** A `package.json` that a lock file is of: that of the folder itself, or of one of its workspaces. */
export interface ProjectMember {
  /** Below the scanned folder, with slashes; empty for the folder itself. */
  readonly folder: string;
  readonly manifest: PackageManifest;
}

/** A dependency that is installed in production, as a `package.json` asks for it. */
export interface DeclaredDependency {
  readonly name: string;
  readonly specifier: string;
  readonly group: 'dependencies' | 'optionalDependencies' | 'peerDependencies' | 'bundleDependencies';
  /** For a sentence: the name, with the workspace that asks for it. */
  readonly label: string;
}

/**
 * The dependencies of production. Of a name that stands in several groups the package managers take one; a peer that is optional, or that
 * stands among those of development, is none of production.
 */
export function declaredDependencies({ folder, manifest }: ProjectMember): readonly DeclaredDependency[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, devDependencies = {} } = manifest;
  const isOptional = (name: string): boolean => manifest.peerDependenciesMeta?.[name]?.optional === true;
  const peers = Object.entries(peerDependencies).filter(
    ([name]) => !isOptional(name) && !Object.hasOwn(devDependencies, name),
  );
  const byName = new Map<string, DeclaredDependency>();
  const add = (group: DeclaredDependency['group'], entries: readonly (readonly [string, string])[]): void =>
    entries.forEach(([name, specifier]) =>
      byName.set(name, { name, specifier, group, label: folder === '' ? name : `${name} of ${folder}` }),
    );
  add(
    'bundleDependencies',
    bundledNames(manifest).map((name) => [name, '*'] as const),
  );
  add('peerDependencies', peers);
  add('dependencies', Object.entries(dependencies));
  add('optionalDependencies', Object.entries(optionalDependencies));
  return [...byName.values()];
}

function bundledNames({ bundleDependencies, bundledDependencies }: PackageManifest): readonly string[] {
  return [bundleDependencies, bundledDependencies]
    .flatMap((names) => (Array.isArray(names) ? names : []))
    .filter((name) => typeof name === 'string');
}
