import satisfies from 'semver/functions/satisfies.js';
import validRange from 'semver/ranges/valid.js';

/** Where a package comes from. Advisories are about packages of a registry. */
export type PackageSource = 'registry' | 'workspace' | 'git' | 'url' | 'file' | 'patch';

const GIT =
  /^(git(\+[a-z]+)?:|ssh:|git@|(github|gitlab|bitbucket|gist):|https?:\/\/[^#]*\.git(#|$)|[\w.-]+\/[\w./-]+(#|$))/i;
const FILE = /^((file|link|portal|exec):|[.~]{0,2}[/\\]|[a-z]:[/\\]|[^:/]+\.(tgz|tar|tar\.gz)$)/i;

/** What a dependency is asked for by, such as `^4.17.0`, `npm:other@1`, `git+ssh://…`, tells where it comes from. */
export function sourceOf(specifier: string): PackageSource {
  const [protocol] = /^[a-z+]+:/i.exec(specifier) ?? [''];
  if (protocol === 'patch:') {
    return 'patch';
  }
  if (['npm:', 'jsr:', 'catalog:'].includes(protocol)) {
    return 'registry';
  }
  if (protocol === 'workspace:') {
    return 'workspace';
  }
  if (FILE.test(specifier)) {
    return 'file';
  }
  if (GIT.test(specifier)) {
    return 'git';
  }
  return protocol === '' ? 'registry' : 'url';
}

/** False when a version is outside of the range that is asked for. A tag, or what is no range, is met by any version. */
export function isSatisfied(specifier: string, version: string): boolean {
  const range = specifier.replace(/^npm:((?:@[^/@]+\/)?[^/@]+@)?/, '').trim();
  const isRange = range !== '' && range !== '*' && validRange(range, { loose: true }) !== null;
  return !isRange || satisfies(version, range, { loose: true });
}
