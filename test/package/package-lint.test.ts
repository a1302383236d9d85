import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { pack } from './support/pack.js';
import { REPOSITORY } from './support/repository.js';
import { runNode } from './support/run.js';
import { useTemporaryDirectory } from './support/temporary-directory.js';

const ATTW = join(REPOSITORY, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');

describe('the packed package', () => {
  const directory = useTemporaryDirectory();
  let tarball: string;

  beforeAll(async () => {
    ({ tarball } = await pack(directory()));
  });

  it('has a package.json without a mistake', async () => {
    const { buffer } = new Uint8Array(await readFile(tarball));
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: buffer } });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has types that every supported way of importing it finds', async () => {
    const args = [ATTW, tarball, '--profile', 'node16', '--no-definitely-typed', '--no-color', '--no-emoji'];
    const { exitCode, stdout, stderr } = await runNode(args, { cwd: directory() });
    expect({ exitCode, output: exitCode === 0 ? '' : stdout + stderr }).toEqual({ exitCode: 0, output: '' });
  });
});
