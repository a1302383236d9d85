import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { validateMaintenanceOptions } from '../../src/options/maintenance-options.js';
import { REPOSITORY } from '../package/support/repository.js';
import { type Snippet, snippets } from '../package/support/snippets.js';

const PACKAGE = '@tenxyte/nestjs-maintenance';
/** Job engines are no dependencies of the package, nor of its tools. */
const ENGINES = join(REPOSITORY, 'test', 'engines', 'node_modules');
const ENGINE_TYPES = { '@nestjs/bullmq': 'dist/index.d.ts', bullmq: 'dist/esm/index.d.ts', 'pg-boss': 'types.d.ts' };
/** As `nest new --strict` has it in NestJS 11 and 12, but for where things are. */
const AS_NEST_NEW: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  esModuleInterop: true,
  isolatedModules: true,
  emitDecoratorMetadata: true,
  experimentalDecorators: true,
  skipLibCheck: true,
  strict: true,
  strictPropertyInitialization: false,
  types: ['node'],
  noEmit: true,
};
/** What else there is in code of ours: read by nobody, run by other tests, or no code at all. */
const OTHER_LANGUAGES = ['json', 'python', 'sh', 'sql', 'text', 'yaml'];

const all = snippets();
const inTypeScript = all.filter(({ language }) => language === 'ts');
const loaded = new Map<string, ts.SourceFile | undefined>();

describe('the snippets of the documentation', () => {
  it('are in languages that a test looks after', () => {
    const languages = new Set(all.map(({ language }) => language));
    expect([...languages].sort()).toEqual(['js', 'ts', ...OTHER_LANGUAGES].sort());
  });

  it.each([
    ['module', 'index.d.ts'],
    ['commonjs', 'index.d.cts'],
  ])('compile with their imports in a fresh application of type %s', (type, declarations) => {
    expect(inTypeScript.length).toBeGreaterThan(20);
    expect(problemsOf(inTypeScript, type, declarations)).toEqual([]);
  });

  it('are configurations that load, where they are JavaScript', async () => {
    const scripts = all.filter(({ language, page }) => language === 'js' && page !== 'docs/host-tests.md');
    expect(scripts).not.toEqual([]);
    for (const { code } of scripts) {
      const { default: options } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
        default: object;
      };
      expect(validateMaintenanceOptions(options)).toEqual(options);
    }
  });
});

/** What the compiler says of the snippets, each a file of its own: named by its first line, or else by its place. */
function problemsOf(given: readonly Snippet[], type: string, declarations: string): readonly string[] {
  const root = join(REPOSITORY, 'reports', `snippets-${type}`);
  const files = new Map(given.map((snippet) => [join(root, snippet.page, nameOf(snippet)), snippet]));
  const engines = Object.entries(ENGINE_TYPES).map(([name, file]) => [name, [join(ENGINES, name, file)]] as const);
  const paths = {
    [PACKAGE]: [join(REPOSITORY, 'dist', declarations)],
    [`${PACKAGE}/*`]: [join(REPOSITORY, 'dist', declarations.replace('index', '*'))],
    ...Object.fromEntries(engines),
  };
  const options = { ...AS_NEST_NEW, paths };
  const program = ts.createProgram(
    [...files.keys()],
    options,
    hostOf(files, { [join(root, 'package.json')]: JSON.stringify({ type }) }, options),
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const snippet = files.get(file?.fileName ?? '');
    const line = (snippet?.line ?? 1) + (file?.getLineAndCharacterOfPosition(start).line ?? 0);
    return `${snippet?.page ?? file?.fileName}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

function nameOf({ code, line }: Snippet): string {
  return /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `line-${line}.ts`;
}

/** Files of memory beside those of the disk. */
function hostOf(
  files: ReadonlyMap<string, Snippet>,
  others: Readonly<Record<string, string>>,
  options: ts.CompilerOptions,
): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const textOf = (path: string): string | undefined => files.get(path)?.code ?? others[path];
  const directories = [...files.keys(), ...Object.keys(others)].map((path) => path.slice(0, path.lastIndexOf('/')));
  return {
    ...host,
    fileExists: (path) => textOf(path) !== undefined || host.fileExists(path),
    directoryExists: (path) => directories.some((each) => each.startsWith(path)) || ts.sys.directoryExists(path),
    readFile: (path) => textOf(path) ?? host.readFile(path),
    getSourceFile: (path, languageVersion) => {
      const text = textOf(path);
      if (text !== undefined) {
        return ts.createSourceFile(path, text, languageVersion);
      }
      if (!loaded.has(path)) {
        loaded.set(path, host.getSourceFile(path, languageVersion));
      }
      return loaded.get(path);
    },
  };
}
