import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const OTHERS_MAY_ENTER = 0o001;
const OTHERS_MAY_READ_AND_ENTER = 0o005;

/**
 * Whether a user who owns nothing on the way may read and run a file, or list and enter a directory.
 * Only the mode bits for others count, of the path and of every parent: a home with mode 0700 makes all below it unreachable.
 */
export function isReachableByOthers(path: string): boolean {
  if (!existsSync(path)) {
    return false;
  }
  const realPath = realpathSync(path);
  return (
    grantsOthers(realPath, OTHERS_MAY_READ_AND_ENTER) &&
    parentsOf(realPath).every((parent) => grantsOthers(parent, OTHERS_MAY_ENTER))
  );
}

function grantsOthers(path: string, bits: number): boolean {
  return (statSync(path).mode & bits) === bits;
}

function parentsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...parentsOf(parent)];
}
