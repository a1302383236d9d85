import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = '/usr/lib/postgresql';
/** Before 15 the server does not count what it compiles; from 18 on, turning a kind of scan off adds no cost, so nothing is compiled. */
const MAJORS = ['15', '16', '17'];

/**
 * The directory with `bin` of a PostgreSQL that the system's packages installed, the oldest of 15 to 17 where there are several.
 * `TENXYTE_TEST_JIT_POSTGRES` names such a directory instead. Throws when there is none.
 */
export function systemNativeDirectory(given = process.env['TENXYTE_TEST_JIT_POSTGRES']): string {
  const candidates = given === undefined ? MAJORS.map((major) => join(ROOT, major)) : [resolve(given)];
  const found = candidates.find((directory) => existsSync(join(directory, 'bin', 'initdb')));
  if (found === undefined) {
    throw new Error(
      `No PostgreSQL with JIT to start: no bin/initdb in ${candidates.join(', ')}. Install Debian's package ` +
        'postgresql-15, or name in TENXYTE_TEST_JIT_POSTGRES the directory that holds the bin of a PostgreSQL 15 to 17.',
    );
  }
  return found;
}
