import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { foreignCodeIn } from './foreign-code.js';
import { type PackageManifest, pathOnOneLine, readFileOf } from './project.js';
import { ScanUnknownError } from './scan-unknown.error.js';

/** Which files a package manager takes settings or code from, by what they are written in. */
const FILES = [
  '.npmrc',
  '.yarnrc.yml',
  '.yarnrc',
  'pnpm-workspace.yaml',
  'bunfig.toml',
  '.pnpmfile.cjs',
  '.pnpmfile.mjs',
  '.pnpmfile.js',
  'pnpmfile.js',
] as const;

/** True for the folder that the application runs in: its code is running already. */
export async function isOwnFolder(folder: string): Promise<boolean> {
  return (await realpath(folder)) === (await realpath(process.cwd()));
}

/**
 * Refuses a folder by which a package manager would run code that comes with it, or give away variables of the environment. Looks at the
 * folders above as well, as the package managers do, up to the home of the user and to the folder of the application.
 *
 * @throws {ScanUnknownError} naming the file and the setting
 */
export async function assertNoForeignCode(
  folder: string,
  manifest: PackageManifest,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (typeof manifest.packageManager === 'string' && manifest.packageManager.includes('://')) {
    throw refusal(folder, 'package.json', 'its packageManager is a URL');
  }
  if (JSON.stringify(manifest.pnpm ?? {}).includes('"configDependencies"')) {
    throw refusal(folder, 'package.json', 'it sets pnpm.configDependencies');
  }
  const home = env['HOME'] ?? env['USERPROFILE'];
  for (let at = folder; at === folder || (at !== home && !(await isOwnFolder(at))); at = dirname(at)) {
    for (const name of FILES) {
      const text = await readFileOf(at, name);
      const found = text === undefined ? undefined : foreignCodeIn(name, text);
      if (found !== undefined) {
        throw refusal(at, name, found);
      }
    }
    if (at === dirname(at)) {
      return;
    }
  }
}

function refusal(folder: string, file: string, found: string): ScanUnknownError {
  return new ScanUnknownError(
    `${pathOnOneLine(folder)} is not trusted, and ${file} there could run code or give away variables of the environment: ${found}. Nothing was run. docs/dependency-scan.md says what it means to trust a folder`,
  );
}
