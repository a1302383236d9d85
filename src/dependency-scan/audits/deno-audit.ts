import type { LockFile } from '../lock-file.js';
import { ScanUnknownError } from '../scan-unknown.error.js';
import type { PackageAudit } from './package-audit.js';

/** Deno's, which is for people: `deno audit` prints no JSON, and does not tell production from development. It is not run. */
export const denoAudit: PackageAudit = {
  packageManager: 'deno',
  assertAuditable: ({ lockFile }) => refuse(lockFile),
  args: ({ lockFile }) => refuse(lockFile),
  read: (_output, { lockFile }) => refuse(lockFile),
};

function refuse({ name }: LockFile): never {
  throw new ScanUnknownError(
    `${name} is of Deno, whose audit prints nothing that a machine could rely on. Run deno audit by hand`,
  );
}
