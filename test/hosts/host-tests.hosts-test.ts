import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { gte } from 'semver';
import { useHost } from '../package/support/host.js';
import { manifestIn } from '../package/support/manifest.js';
import { REPOSITORY } from '../package/support/repository.js';
import { run } from '../package/support/run.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

const PAGE = join(REPOSITORY, 'docs', 'host-tests.md');
const HERE = 'test/hosts';
const TOOLS = [
  '@nestjs/testing',
  '@swc/core',
  '@swc/jest',
  '@types/jest',
  '@types/node',
  'jest',
  'ts-jest',
  'typescript',
  'vitest',
];
/** Since when Jest can require an ES module. */
const JEST_REQUIRES_SINCE = '24.9.0';

/** Such as `nest new` makes. */
const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2023',
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    esModuleInterop: true,
    isolatedModules: true,
    skipLibCheck: true,
    types: ['node', 'jest'],
  },
};

interface Settings {
  readonly file: string;
  readonly content: string;
  readonly command: string;
}

const NEST_11 = ['NestJS 11', 'test/package/nest11-host'] as const;
const NEST_12 = ['NestJS 12', 'examples/host-app'] as const;

describe.each([
  [...NEST_11, 'commonjs', ['Jest, CommonJS, ts-jest', 'Jest, CommonJS, SWC', 'Vitest']],
  [...NEST_12, 'module', ['Jest, ES modules, ts-jest', 'Jest, ES modules, SWC', 'Vitest']],
  [
    ...NEST_12,
    'commonjs',
    gte(process.version, JEST_REQUIRES_SINCE) ? ['Jest, CommonJS, on NestJS 12', 'Vitest'] : ['Vitest'],
  ],
])('the tests of an application of %s', (_, application, type, chapters) => {
  const database = useTestDatabase();
  const host = useHost(application, { from: HERE, names: TOOLS });

  beforeAll(async () => {
    await insertReferences(database);
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: '-infinity' }, {}]);
    await cp(join(REPOSITORY, HERE, 'tested-app'), host.directory, { recursive: true });
    await writeFile(join(host.directory, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await writeFile(join(host.directory, 'package.json'), JSON.stringify({ ...manifestIn(host.directory), type }));
  });

  it.each(chapters)(`run as ${type} with the settings of the documentation: %s`, async (chapter) => {
    const { file, content, command } = await settingsIn(chapter);
    await writeFile(join(host.directory, file), content);

    const { exitCode, stdout, stderr } = await run('sh', ['-c', withOwnNode(command)], {
      cwd: host.directory,
      env: { DATABASE_URL: database.url },
    });
    await rm(join(host.directory, file));

    const output = `${stdout}\n${stderr}`;
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: expect.stringMatching(/Tests:? .*2 passed/) });
    expect(output).not.toMatch(/did not exit|open handle/);
  });
});

/** The file of a chapter of the page, which begins with its name, and its command. */
async function settingsIn(chapter: string): Promise<Settings> {
  const page = await readFile(PAGE, 'utf8');
  const text = page.split(/^## /m).find((each) => each.startsWith(`${chapter}\n`)) ?? '';
  const [, file, content] = /^```js\n\/\/ (\S+)\n(.*?)^```/ms.exec(text) ?? [];
  const [, command] = /^```sh\n(.*?)^```/ms.exec(text) ?? [];
  if (file === undefined || content === undefined || command === undefined) {
    throw new Error(`${PAGE} has no chapter "${chapter}" with a file and a command`);
  }
  return { file, content, command };
}

/** The command on the Node of this test: `npx` and `node` are whichever come first in the path. */
function withOwnNode(command: string): string {
  return command
    .replace('npx jest', 'node node_modules/jest/bin/jest.js')
    .replace('npx vitest', 'node node_modules/vitest/vitest.mjs')
    .replace(/^node /, `'${process.execPath}' `);
}
