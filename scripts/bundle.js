// Puts the compiled files of dist together into few: a host that imports the package loads two files and not a hundred and fifty, which
// takes a third of the time. BUNDLED names the dependencies that come along, as little of them is used; all others stay outside.
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { restoreClassNames } from './bundle/class-names.js';
import { writeDeclarations } from './bundle/declarations.js';
import { licencesOf, packagesIn } from './bundle/licences.js';
import { linesOnly } from './bundle/source-map.js';
import { entriesApart, texts } from './bundle/plugins.js';

/** Pure functions, of which little is used. A security advisory about one of them is ours to answer, with a release. */
const BUNDLED = [
  'ansi-regex',
  'ansi-styles',
  'cron',
  'cronstrue',
  'get-east-asian-width',
  'luxon',
  'string-width',
  'strip-ansi',
  'valibot',
  'wrap-ansi',
];
const ENTRIES = {
  index: 'dist/index.js',
  bullmq: 'dist/engines/bullmq.js',
  'pg-boss': 'dist/engines/pg-boss.js',
  dashboard: 'dist/dashboard/index.js',
};
const COMMAND = { 'cli/main': 'dist/cli/main.js' };

const { dependencies, peerDependencies } = JSON.parse(await readFile('package.json', 'utf8'));
const shared = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  external: Object.keys({ ...dependencies, ...peerDependencies }).flatMap((name) => [name, `${name}/*`]),
  alias: { child_process: join(import.meta.dirname, 'bundle', 'child-process.js') },
  metafile: true,
  plugins: [texts],
  logLevel: 'warning',
};

const bundled = await mkdtemp(join(tmpdir(), 'tenxyte-bundle-'));
try {
  const modules = await build({
    ...shared,
    entryPoints: { ...ENTRIES, ...COMMAND },
    outdir: bundled,
    format: 'esm',
    splitting: true,
    sourcemap: 'linked',
    chunkNames: 'chunks/[name]-[hash]',
  });
  // For Jest, which asks for CommonJS and knows no `require()` of an ES module before Node 24.9.
  const commonJs = await build({
    ...shared,
    entryPoints: ENTRIES,
    outdir: bundled,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    minifyWhitespace: true,
    plugins: [texts, entriesApart],
  });
  const packages = packagesIn([modules.metafile, commonJs.metafile]);
  if (packages.join() !== BUNDLED.join()) {
    throw new Error(`dist would bring along ${packages.join()}, and not ${BUNDLED.join()}`);
  }
  await writeFile(join(bundled, 'THIRD-PARTY-LICENSES.txt'), await licencesOf(packages));
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const declarations = join(bundled, `${name}.d.ts`);
    await writeDeclarations(entry.replace(/js$/, 'd.ts'), declarations, BUNDLED);
    await copyFile(declarations, join(bundled, `${name}.d.cts`));
  }
  for (const file of await readdir(bundled, { recursive: true })) {
    await finish(join(bundled, file));
  }
  await rm('dist', { recursive: true });
  await cp(bundled, 'dist', { recursive: true });
} finally {
  await rm(bundled, { recursive: true, force: true });
}

/** Rewrites what esbuild wrote, where there is something to be put right. */
async function finish(path) {
  const rewritten = /\.c?js$/.test(path) ? restoreClassNames : path.endsWith('.map') ? linesOnly : undefined;
  if (rewritten !== undefined) {
    await writeFile(path, rewritten(await readFile(path, 'utf8')));
  }
}
