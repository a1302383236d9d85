import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { beforeAll } from '@jest/globals';
import { manifestIn } from './manifest.js';
import { pack } from './pack.js';
import { REPOSITORY } from './repository.js';
import { run } from './run.js';
import { useTemporaryDirectory } from './temporary-directory.js';

const PACKAGE = '@tenxyte/nestjs-maintenance';
const NO_TOOLS = { from: '', names: [] };

/** An application in a directory of its own, with the packed package installed as npm would install it. */
export interface Host {
  readonly directory: string;
  readonly packageDirectory: string;
  readonly tarball: string;
  /** The command in `node_modules/.bin`. */
  bin(name: string): string;
}

/**
 * Copies an application of the checkout, packs the checkout and installs the tarball beside the copy. Everything else is linked
 * to what the original application resolves, so that the package's own imports meet the application's versions; tools are linked to what a
 * directory of the checkout resolves.
 */
export function useHost(
  application: string,
  tools: { readonly from: string; readonly names: readonly string[] } = NO_TOOLS,
): Host {
  const directory = useTemporaryDirectory();
  const packageDirectory = (): string => join(directory(), 'node_modules', PACKAGE);
  const state = { tarball: '' };

  beforeAll(async () => {
    const original = join(REPOSITORY, application);
    const isSource = (path: string): boolean => !['node_modules', 'dist'].includes(basename(path));
    await cp(original, directory(), { recursive: true, filter: isSource });
    state.tarball = (await pack(directory())).tarball;
    await extract(state.tarball, packageDirectory());
    const linked = packagesToLink(original, packageDirectory());
    for (const name of linked) {
      await link(resolveFrom(original, name), join(directory(), 'node_modules', name));
    }
    for (const name of tools.names.filter((tool) => !linked.has(tool))) {
      await link(resolveFrom(join(REPOSITORY, tools.from), name), join(directory(), 'node_modules', name));
    }
    await linkCommands(packageDirectory(), join(directory(), 'node_modules', '.bin'));
  });

  return {
    get directory() {
      return directory();
    },
    get packageDirectory() {
      return packageDirectory();
    },
    get tarball() {
      return state.tarball;
    },
    bin: (name) => join(directory(), 'node_modules', '.bin', name),
  };
}

async function extract(tarball: string, destination: string): Promise<void> {
  await mkdir(destination, { recursive: true });
  const { exitCode, stderr } = await run('tar', ['-xzf', tarball, '--strip-components=1'], { cwd: destination });
  if (exitCode !== 0) {
    throw new Error(`tar ended with ${exitCode}: ${stderr}`);
  }
}

/** What npm would install: the application's dependencies, and those of the package with the peers it insists on. */
function packagesToLink(application: string, packageDirectory: string): Set<string> {
  const { dependencies, devDependencies } = manifestIn(application);
  const ours = manifestIn(packageDirectory);
  const peers = Object.keys(ours.peerDependencies ?? {});
  const names = new Set([
    ...Object.keys({ ...dependencies, ...devDependencies, ...ours.dependencies }),
    ...peers.filter((name) => ours.peerDependenciesMeta?.[name]?.optional !== true),
  ]);
  names.delete(PACKAGE);
  return names;
}

function resolveFrom(directory: string, name: string): string {
  const candidate = join(directory, 'node_modules', name);
  if (existsSync(candidate)) {
    return candidate;
  }
  if (directory === REPOSITORY) {
    throw new Error(`${name} is not installed in the checkout`);
  }
  return resolveFrom(dirname(directory), name);
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

/** Marks the commands executable and links them, as npm does when it installs. */
async function linkCommands(packageDirectory: string, binDirectory: string): Promise<void> {
  const commands = Object.entries(manifestIn(packageDirectory).bin ?? {});
  for (const [name, path] of commands.filter(([, file]) => existsSync(join(packageDirectory, file)))) {
    await chmod(join(packageDirectory, path), 0o755);
    await link(join(packageDirectory, path), join(binDirectory, name));
  }
}
