import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { PUBLIC_TYPES, PUBLIC_VALUES } from './public-names.js';
import { useHost } from './support/host.js';
import { manifestIn } from './support/manifest.js';
import type { Outcome } from './support/run.js';
import { runNode } from './support/run.js';

/** Lists the package's names by `require()`, which refuses a module graph with a top-level await. */
const REQUIRE = `
  const names = Object.keys(require('@tenxyte/nestjs-maintenance'));
  console.log(JSON.stringify(names));
`;

const IMPORT = `
  import * as api from '@tenxyte/nestjs-maintenance';
  console.log(JSON.stringify(Object.keys(api)));
`;

/** Tells whether all ways to the package lead to one copy of it, and which of its dependencies were loaded on the way. */
const IMPORT_AND_REQUIRE = `
  import { createRequire, Module } from 'node:module';
  import * as imported from '@tenxyte/nestjs-maintenance';
  const required = createRequire(import.meta.url)('@tenxyte/nestjs-maintenance');
  const isOneCopy = Object.keys(imported).every((name) => imported[name] === required[name]);
  console.log(JSON.stringify({ isOneCopy, loaded: Object.keys(Module._cache) }));
`;

/** Imports the package after its peers, and tells what that left in the process. */
const IMPORT_AFTER_PEERS = (peers: readonly string[]): string => `
  const traces = () => ({
    activeResources: process.getActiveResourcesInfo(),
    listeners: process.eventNames().map((event) => String(event) + ' ' + process.listenerCount(event)),
    environment: Object.keys(process.env),
  });
  for (const peer of ${JSON.stringify(peers)}) await import(peer);
  const before = traces();
  await import('@tenxyte/nestjs-maintenance');
  console.log(JSON.stringify({ before, after: traces() }));
`;

describe('the packed package', () => {
  const host = useHost('examples/host-app');

  const evaluate = async (type: 'module' | 'commonjs', script: string): Promise<Outcome> =>
    runNode([`--input-type=${type}`, '--eval', script], { cwd: host.directory });

  it.each([
    ['imported from an ES module', 'module', IMPORT],
    ['required from CommonJS', 'commonjs', REQUIRE],
  ] as const)('gives its public values and no warning when %s', async (_, type, script) => {
    const { exitCode, stdout, stderr } = await evaluate(type, script);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect((JSON.parse(stdout) as string[]).sort()).toEqual(PUBLIC_VALUES);
  });

  it('is one copy to ES modules and CommonJS alike, and leaves what the command line needs alone', async () => {
    const { stdout } = await evaluate('module', IMPORT_AND_REQUIRE);
    const { isOneCopy, loaded } = JSON.parse(stdout) as { isOneCopy: boolean; loaded: readonly string[] };
    const packages = new Set(loaded.map((path) => /^.*node_modules[\\/]([^\\/]+)/.exec(path)?.[1]));
    expect(isOneCopy).toBe(true);
    expect([...packages]).toContain('cron');
    expect([...packages].filter((name) => name === 'commander' || name === 'cli-progress')).toEqual([]);
  });

  it('loads nothing of its subpaths unless they are imported', () => {
    const names = [...reachable(join(host.packageDirectory, 'dist'), 'index.js')].map(([, source]) => source);
    expect(names.length).toBeGreaterThan(1);
    for (const word of ['TenxyteMaintenanceDashboardModule', 'maintenanceProcessor', 'prefers-color-scheme']) {
      expect(names.filter((source) => source.includes(word))).toEqual([]);
    }
  });

  it.each(['index.d.ts', 'index.d.cts'])('declares its public types, and a type for each value, in %s', (file) => {
    const { types, values } = declaredNames(join(host.packageDirectory, 'dist', file));
    expect(types).toEqual(PUBLIC_TYPES);
    expect(values).toEqual(PUBLIC_VALUES);
  });

  it('does no work when it is imported', async () => {
    const { peerDependencies = {}, peerDependenciesMeta = {} } = manifestIn(host.packageDirectory);
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    const { exitCode, stdout, stderr } = await evaluate('module', IMPORT_AFTER_PEERS(peers));
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { before, after } = JSON.parse(stdout) as { before: unknown; after: unknown };
    expect(after).toEqual(before);
  });
});

/** A file with all that it imports of its own folder, each with its text. */
function reachable(directory: string, file: string, found = new Map<string, string>()): ReadonlyMap<string, string> {
  if (!found.has(file)) {
    const source = readFileSync(join(directory, file), 'utf8');
    found.set(file, source);
    for (const [, path = ''] of source.matchAll(/from\s*"(\.[^"]+)"/g)) {
      reachable(directory, join(dirname(file), path), found);
    }
  }
  return found;
}

function declaredNames(declarations: string): { types: string[]; values: string[] } {
  const { NodeNext } = ts.ModuleKind;
  const program = ts.createProgram([declarations], { module: NodeNext, target: ts.ScriptTarget.ES2023, types: [] });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(declarations);
  const symbol = file && checker.getSymbolAtLocation(file);
  const exported = symbol === undefined ? [] : checker.getExportsOfModule(symbol);
  const isValue = (name: ts.Symbol): boolean => (original(checker, name).flags & ts.SymbolFlags.Value) !== 0;
  const sorted = (names: readonly ts.Symbol[]): string[] => names.map(({ name }) => name).sort();
  return { types: sorted(exported.filter((name) => !isValue(name))), values: sorted(exported.filter(isValue)) };
}

function original(checker: ts.TypeChecker, name: ts.Symbol): ts.Symbol {
  return (name.flags & ts.SymbolFlags.Alias) === 0 ? name : checker.getAliasedSymbol(name);
}
