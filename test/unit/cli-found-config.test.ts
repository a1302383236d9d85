import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/cli/session/config-file.js';

const NAME = 'tenxyte-maintenance.config.mjs';
const HOME = process.cwd();
let project: string;

beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'tenxyte-found-')));
  mkdirSync(join(project, 'packages', 'app'), { recursive: true });
  process.chdir(join(project, 'packages', 'app'));
});
afterEach(() => {
  process.chdir(HOME);
  rmSync(project, { recursive: true });
});

const load = async (): Promise<[object, string[]]> => {
  const notes: string[] = [];
  const config = await loadConfig({ flag: undefined, env: {}, note: (line) => notes.push(line) });
  return [{ ...config }, notes];
};
const put = (path: string, text = 'export default { leaseSeconds: 90 }'): void =>
  writeFileSync(join(project, path), text);

describe('a config file that nobody names', () => {
  it('is found in a folder above, and told of', async () => {
    put(NAME);
    expect(await load()).toEqual([
      { entities: {}, leaseSeconds: 90 },
      [`The options are those of ${join(project, NAME)}.`],
    ]);
  });

  it('is not looked for above the project', async () => {
    put(NAME);
    put('packages/package.json', '{}');
    expect(await load()).toEqual([{}, []]);
  });

  it('may not be one of two', async () => {
    put(NAME);
    put('tenxyte-maintenance.config.js');
    await expect(load()).rejects.toThrow('has more than one config file');
  });

  it('may be a link that leads nowhere, which is refused', async () => {
    symlinkSync('nowhere', join(project, NAME));
    await expect(load()).rejects.toMatchObject({ code: 'USAGE' });
  });
});
