import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { useHost } from './support/host.js';
import { REPOSITORY } from './support/repository.js';
import { runNode } from './support/run.js';

const SCRIPT = `
  import 'reflect-metadata';
  import { NestFactory } from '@nestjs/core';
  import { BacklogService, CleanupService, TotpCipher } from '@tenxyte/nestjs-maintenance';
  const traceOf = async (act) => act().then(() => 'none', ({ stack }) => stack);
  const root = { module: class Root {}, providers: [BacklogService] };
  console.log(JSON.stringify({
    call: await traceOf(() => CleanupService.prototype.cleanup.call(Object.create(CleanupService.prototype))),
    construction: await traceOf(async () => new TotpCipher()),
    injection: await traceOf(() => NestFactory.createApplicationContext(root, { logger: false, abortOnError: false })),
  }));
`;

interface Traces {
  readonly call: string;
  readonly construction: string;
  readonly injection: string;
}

describe('a stack trace of the packed package', () => {
  const host = useHost('examples/host-app');
  let bare: Traces;
  let mapped: Traces;

  beforeAll(async () => {
    const traces = async (flags: readonly string[]): Promise<Traces> => {
      const args = [...flags, '--input-type=module', '--eval', SCRIPT];
      const { stdout, stderr } = await runNode(args, { cwd: host.directory });
      expect(stderr).toBe('');
      return JSON.parse(stdout) as Traces;
    };
    [bare, mapped] = await Promise.all([traces([]), traces(['--enable-source-maps'])]);
  });

  it('has the classes by the names of the source', () => {
    expect(bare.call).toMatch(/at (async )?CleanupService\.cleanup /);
    expect(bare.construction).toMatch(/at new TotpCipher /);
    expect(bare.injection).toMatch(/dependencies of the BacklogService \(/);
  });

  it('leads to lines of the source with --enable-source-maps', async () => {
    expect(await sourceLineIn(mapped.call, 'cleanup/cleanup.service.ts')).toContain('assertTargetNames(checked');
    expect(await sourceLineIn(mapped.construction, 'totp-key-rotation/totp-cipher.ts')).toContain('{ keys }');
  });

  it('can show none but names of the source: each class has the one that it was declared with', async () => {
    const files = await readdir(join(REPOSITORY, 'dist'), { recursive: true });
    const built = files.filter((file) => /\.c?js$/.test(file)).map((file) => join('dist', file));
    const sources = await readdir(join(REPOSITORY, 'src'), { recursive: true });
    const declaring = [
      ...sources.filter((file) => file.endsWith('.ts')).map((file) => join('src', file)),
      'node_modules/cron/dist/job.js',
      'node_modules/cron/dist/time.js',
      'node_modules/cronstrue/dist/cronstrue.js',
      'node_modules/luxon/build/node/luxon.js',
      'node_modules/valibot/dist/index.mjs',
    ];
    const declared = await classNamesIn(declaring);
    const names = [...(await classNamesIn(built))];
    expect(names).toContain('CleanupService');
    expect(names.filter((name) => !declared.has(name))).toEqual([]);
  });
});

/** The line of the source that the first frame in a file points at. */
async function sourceLineIn(trace: string, file: string): Promise<string> {
  const line = Number(new RegExp(`src/${file}:(\\d+):\\d+`).exec(trace)?.[1]);
  const source = await readFile(join(REPOSITORY, 'src', file), 'utf8');
  return source.split('\n')[line - 1] ?? `${file} is not in ${trace}`;
}

async function classNamesIn(files: readonly string[]): Promise<Set<string>> {
  const texts = await Promise.all(files.map((file) => readFile(join(REPOSITORY, file), 'utf8')));
  const names = texts.flatMap((text) => [...text.matchAll(/\bclass (\w+)(?=\s*(?:\{|<|extends|implements))/g)]);
  return new Set(names.map(([, name = '']) => name));
}
