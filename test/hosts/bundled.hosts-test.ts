import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { useHost } from '../package/support/host.js';
import { REPOSITORY } from '../package/support/repository.js';
import { runNode } from '../package/support/run.js';
import { useTemporaryDirectory } from '../package/support/temporary-directory.js';
import { insertReferences, insertRows } from '../support/rows.js';
import { useTestDatabase } from '../support/test-database.js';

/** What NestJS itself looks for and goes without. Nothing of this package is among it. */
const OPTIONAL_TO_NEST = [
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'class-transformer',
  'class-validator',
];
/** Some of NestJS, TypeORM and pg is CommonJS that requires modules of Node. */
const REQUIRE = `import { createRequire as requireOfBundle } from 'node:module'; const require = requireOfBundle(import.meta.url);`;

interface Bundler {
  (configuration: object, done: (error: Error | null, stats: { toJson(what: object): Outcome }) => void): void;
}
interface Outcome {
  readonly errors: readonly object[];
  readonly warnings: readonly { readonly message: string }[];
}

describe('an application bundled into few files, where no optional peer is installed', () => {
  const database = useTestDatabase();
  const host = useHost('test/hosts/bundled-app');
  const destination = useTemporaryDirectory();

  beforeAll(async () => {
    await insertReferences(database);
  });

  /** Runs the bundle where nothing but the bundle is. */
  const runs = async (): Promise<void> => {
    await insertRows(database, 'blacklisted_tokens', [{ expires_at: '-infinity' }, {}]);
    const { exitCode, stdout, stderr } = await runNode(['main.mjs'], {
      cwd: destination(),
      env: { DATABASE_URL: database.url },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ status: 'succeeded', rows: 1, schedule: { description: 'At 03:00' } });
  };

  it('runs from esbuild', async () => {
    const { errors, warnings } = await build({
      entryPoints: [join(host.directory, 'main.js')],
      outfile: join(destination(), 'main.mjs'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20.19',
      keepNames: true,
      minify: true,
      banner: { js: REQUIRE },
      external: OPTIONAL_TO_NEST,
      logLevel: 'silent',
    });
    expect({ errors, warnings }).toEqual({ errors: [], warnings: [] });
    await runs();
  });

  it.each(['webpack', '@rspack/core'])('runs from %s', async (name) => {
    const path = createRequire(join(REPOSITORY, 'test', 'hosts', 'index.js')).resolve(name);
    const { default: bundler } = (await import(path)) as { default: Bundler };
    const stats = await promisify(bundler)({
      context: host.directory,
      entry: './main.js',
      mode: 'production',
      target: 'node20',
      experiments: { outputModule: true },
      output: { path: destination(), filename: 'main.mjs', module: true },
      externals: OPTIONAL_TO_NEST.map((each) => new RegExp(`^${each}(/|$)`)),
      optimization: { minimize: false },
    });
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    expect(errors).toEqual([]);
    const ours = warnings.filter(({ message }) => message.includes('tenxyte') || message.includes('opentelemetry'));
    expect(ours.map(({ message }) => message)).toEqual([expect.stringContaining("'@opentelemetry/api'")]);
    await runs();
  });
});
