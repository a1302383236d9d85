import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';

/** Makes a directory before the file's tests and removes it after them; answers how to get its path. */
export function useTemporaryDirectory(): () => string {
  let path = '';
  beforeAll(async () => {
    path = await realpath(await mkdtemp(join(tmpdir(), 'tenxyte-maintenance-package-')));
  });
  afterAll(() => rm(path, { recursive: true, force: true }));
  return () => path;
}
