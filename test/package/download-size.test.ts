import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { manifestIn } from './support/manifest.js';
import { pack } from './support/pack.js';
import { REPOSITORY } from './support/repository.js';
import { useTemporaryDirectory } from './support/temporary-directory.js';

const MEGABYTE = 1_000_000;

describe('what a user downloads, peers apart', () => {
  const directory = useTemporaryDirectory();
  let ownBytes: number;

  beforeAll(async () => {
    ({ bytes: ownBytes } = await pack(directory(), ['--dry-run']));
  });

  it('is at most 9 MB: the package and all that it depends on', async () => {
    const dependencies = dependenciesOf(REPOSITORY);
    const sizes = await Promise.all(
      [...dependencies].map(async (path) => [basename(path), await bytesIn(path)] as const),
    );
    const total = sizes.reduce((sum, [, bytes]) => sum + bytes, ownBytes);
    expect({ sizes, ownBytes, isAtMost9Megabytes: total <= 9 * MEGABYTE }).toMatchObject({ isAtMost9Megabytes: true });
  });

  it('is four packages, and those that they need', () => {
    expect(Object.keys(manifestIn(REPOSITORY).dependencies ?? {})).toEqual([
      'cli-progress',
      'commander',
      'jiti',
      'semver',
    ]);
  });
});

/** The directories of all packages that a package depends on, however far away. */
function dependenciesOf(directory: string, found = new Set<string>()): Set<string> {
  for (const name of Object.keys(manifestIn(directory).dependencies ?? {})) {
    const path = seenFrom(directory, name);
    if (!found.has(path)) {
      found.add(path);
      dependenciesOf(path, found);
    }
  }
  return found;
}

function seenFrom(directory: string, name: string): string {
  const path = join(directory, 'node_modules', name);
  return existsSync(path) ? path : seenFrom(dirname(directory), name);
}

/** The size of a package's own files. */
async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true });
  const sizes = entries
    .filter(({ name }) => name !== 'node_modules')
    .map((entry) => join(directory, entry.name))
    .map(async (path) => {
      const status = await stat(path);
      return status.isDirectory() ? bytesIn(path) : status.size;
    });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
