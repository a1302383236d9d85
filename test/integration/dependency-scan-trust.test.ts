import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { scanDependencies } from '../../src/dependency-scan/scan-dependencies.js';
import { type ScanPlan, scanPlan, type ScanResult } from '../../src/dependency-scan/scan-result.js';
import { CLEAN_MANAGERS } from '../support/clean-managers.js';
import {
  PLAN,
  BUN_LOCK,
  NODE_PATH,
  NPM_LOCK,
  PNPM_LOCK,
  useScannedProjects,
  YARN_LOCK,
} from '../support/scanned-project.js';

type Files = Readonly<Record<string, string>>;

const NPM = { 'package-lock.json': NPM_LOCK };
const PNPM = { 'pnpm-lock.yaml': PNPM_LOCK };
const YARN = { 'yarn.lock': YARN_LOCK };
const BUN = { 'bun.lock': BUN_LOCK };
const asking = (fields: object): Files => ({
  'package.json': JSON.stringify({ dependencies: { lodash: '4.17.20' }, ...fields }),
});

/** A folder with such files would have its code run, or be given variables of the environment. */
const FOREIGN: readonly (readonly [file: string, text: string, lock: Files])[] = [
  ['.yarnrc.yml', 'yarnPath: .yarn/releases/yarn.cjs\n', YARN],
  ['.yarnrc.yml', '# comment\n---\nnodeLinker: pnp\nyarnPath : x.cjs\n', YARN],
  ['.yarnrc.yml', '"yarn\\u0050ath": x.cjs\n', YARN],
  ['.yarnrc.yml', '  yarnPath: x.cjs\n', YARN],
  ['.yarnrc.yml', '{ yarnPath: x.cjs }\n', YARN],
  ['.yarnrc.yml', '--- { yarnPath: x.cjs }\n', YARN],
  ['.yarnrc.yml', 'nodeLinker: pnp\r? yarnPath\r: x.cjs\r', YARN],
  ['.yarnrc.yml', 'a: &a\n  yarnPath: x.cjs\n<<: *a\n', YARN],
  ['.yarnrc.yml', 'plugins:\n  - path: .yarn/plugins/x.cjs\n', YARN],
  ['.yarnrc.yml', 'injectEnvironmentFiles: [secrets.env]\n', YARN],
  ['.yarnrc.yml', 'npmRegistryServer: "https://h.example/${JWT_SECRET}"\n', YARN],
  ['.yarnrc.yml', 'npmAuthToken: "\\x24{NPM_TOKEN}"\n', YARN],
  ['.yarnrc.yml', 'npmAuthToken: |\n  #${NPM_TOKEN}\n', YARN],
  ['.yarnrc.yml', 'npmRegistryServer: "https://h.example"\n', YARN],
  ['.yarnrc.yml', 'npmScopes:\n  acme:\n    npmRegistryServer: "https://h.example"\n', YARN],
  ['.yarnrc.yml', 'httpsProxy: "http://h.example"\nenableStrictSsl: false\n', YARN],
  ['.npmrc', 'user-agent="\\u0024{NPM_TOKEN}"\n', NPM],
  ['.npmrc', 'userconfig=./other.ini\n', NPM],
  ['.npmrc', 'https-proxy=http://h.example\nstrict-ssl=false\n', NPM],
  ['pnpm-workspace.yaml', 'managePackageManagerVersions: true\n', PNPM],
  ['.yarnrc', 'yarn-path "x.js"\n', YARN],
  ['.yarnrc', '"yarn-path" "x.js"\n', YARN],
  ['.npmrc', 'node-options=--require ./x.cjs\n', NPM],
  ['.npmrc', ' node-options[] = --require ./x.cjs\n', NPM],
  ['.npmrc', 'script-shell = ./x\n', NPM],
  ['.npmrc', '"script-shell"=./x\n', NPM],
  ['.npmrc', 'git=./x\n', NPM],
  ['.npmrc', '//h.example/:tokenHelper=/srv/x\n', NPM],
  ['.npmrc', 'registry=https://h.example/${NPM_TOKEN}/\n', NPM],
  ['.npmrc', 'pnpmfile=x.cjs\n', PNPM],
  ['.npmrc', 'global-pnpmfile=x.cjs\n', PNPM],
  ['.npmrc', 'use-node-version=20.0.0\n', PNPM],
  ['.npmrc', 'script-shell=x\u2028y\n', NPM],
  ['.pnpmfile.cjs', '', PNPM],
  ['.pnpmfile.mjs', '', PNPM],
  ['pnpmfile.js', '', PNPM],
  ['pnpm-workspace.yaml', 'packages:\n- a\npnpmfile: x.cjs\n', PNPM],
  ['pnpm-workspace.yaml', 'configDependencies:\n  x: 1.0.0+sha512-x\n', PNPM],
  ['bunfig.toml', 'preload = ["./x.ts"]\n', BUN],
  ['bunfig.toml', '[install.security]\nscanner = "x"\n', BUN],
  ['bunfig.toml', '[install]\nregistry = { url = "https://h.example/", token = "$NPM_TOKEN" }\n', BUN],
  ['package.json', asking({ packageManager: 'yarn@https://h.example/x.js' })['package.json'] ?? '', YARN],
  ['package.json', asking({ pnpm: { configDependencies: { x: '1' } } })['package.json'] ?? '', PNPM],
];

const HARMLESS: readonly (readonly [file: string, text: string, lock: Files])[] = [
  [
    '.yarnrc.yml',
    '# yarnPath: x\nnodeLinker: node-modules\n\nlogFilters:\n  - code: YN0002\n    level: discard\n',
    YARN,
  ],
  ['.npmrc', '; node-options=x ${A}\nregistry=https://r.example/\n//r.example/:_authToken=abc\nengine-strict\n', NPM],
  ['pnpm-workspace.yaml', 'packages:\n- a\n\noverrides:\n  plugins: 1.0.0\n', PNPM],
  ['bunfig.toml', '[install]\nexact = true\n', BUN],
];

describe('a folder that somebody names', () => {
  const { project, commands, env, file } = useScannedProjects();
  const before = process.cwd();
  afterEach(() => process.chdir(before));

  /** Package managers that leave a file when they are run. */
  const scan = async (
    folder: string,
    plan: Partial<ScanPlan> = {},
  ): Promise<{ readonly result: ScanResult; readonly wasRun: boolean }> => {
    const trace = file('trace');
    const managers = Object.entries(CLEAN_MANAGERS).map(([name, script]) => [
      name,
      `require('node:fs').writeFileSync(${JSON.stringify(trace)}, JSON.stringify(process.env)); ${script}`,
    ]);
    const { result } = await scanDependencies({
      folder,
      ...PLAN,
      env: env({ PATH: `${commands(Object.fromEntries(managers) as Files)}:${NODE_PATH}` }),
      ...plan,
    });
    return { result, wasRun: existsSync(trace) };
  };

  it.each(FOREIGN)('is refused with a %s of %j, before anything is run', async (name, text, lock) => {
    const folder = project({ ...lock, [name]: text });
    const { result, wasRun } = await scan(folder);
    expect({ wasRun, ...result }).toMatchObject({
      wasRun: false,
      status: 'failed',
      verdict: 'unknown',
      reason: expect.stringMatching(
        /^\/.* is not trusted, and \S+ there could run code or give away .*\. Nothing was run\. docs\/dependency-scan\.md says /,
      ),
      error: { code: 'SCAN_UNKNOWN' },
    });
    expect(result.reason).toContain(` and ${name} there`);
    expect(await scan(folder, { trustsProject: true })).toMatchObject({ wasRun: true, result: { verdict: 'clean' } });
  });

  it.each(HARMLESS)('is scanned with a %s of %j', async (name, text, lock) => {
    expect(await scan(project({ ...lock, [name]: text }))).toMatchObject({
      wasRun: true,
      result: { verdict: 'clean' },
    });
  });

  it('is refused for what stands in a folder above, up to that of the application or the home of the user', async () => {
    const above = project({
      '.yarnrc.yml': 'yarnPath: x.cjs\n',
      'inside/package.json': asking({})['package.json'] ?? '',
      'inside/yarn.lock': YARN_LOCK,
    });
    const inside = join(above, 'inside');
    expect(await scan(inside)).toMatchObject({ wasRun: false, result: { verdict: 'unknown' } });
    expect(await scan(inside, { env: env({ HOME: above, PATH: commands({}) }) })).toMatchObject({
      result: { reason: 'yarn is not on the PATH of this process' },
    });
    expect(await scan(inside, { env: { USERPROFILE: above, PATH: commands({}) } })).toMatchObject({
      result: { reason: 'yarn is not on the PATH of this process' },
    });
    process.chdir(above);
    expect(await scan(inside)).toMatchObject({ wasRun: true, result: { verdict: 'clean' } });
  });

  it('is trusted when the application runs in it, by whatever path', async () => {
    const folder = project({ ...YARN, '.yarnrc.yml': 'yarnPath: x.cjs\n' });
    const link = file('link');
    symlinkSync(folder, link);
    process.chdir(folder);
    expect(await scan(link)).toMatchObject({ wasRun: true, result: { verdict: 'clean' } });
  });

  it('is trusted by the request, or by the options whose folder it is, and by nothing else', () => {
    const settings = { trustProject: true, level: 'high', timeoutMs: 1_000, allow: [], cwd: '/srv/app' } as const;
    const isTrusted = (request: Parameters<typeof scanPlan>[1], trustProject = true): boolean =>
      scanPlan({ ...settings, trustProject }, request, '2026-06-30T00:00:00.000000Z').trustsProject;
    expect(isTrusted({})).toBe(true);
    expect(isTrusted({}, false)).toBe(false);
    expect(isTrusted({ cwd: '/srv/other' })).toBe(false);
    expect(isTrusted({ cwd: '/srv/other', trustProject: true }, false)).toBe(true);
    expect(isTrusted({ trustProject: false })).toBe(false);
  });

  it('gets no secret of the application to see, whatever it is called', async () => {
    const trace = file('trace');
    const npm = `require('node:fs').writeFileSync(${JSON.stringify(trace)}, JSON.stringify(process.env));`;
    const secrets = { TOTP_KEY: 'hidden-1', MY_APP: 'hidden-2', NODE_OPTIONS: '--require /hidden-3.cjs' };
    await scan(project(NPM), {
      env: env({ PATH: `${commands({ npm })}:${NODE_PATH}`, npm_config_registry: 'http://r/', ...secrets }),
    });
    const seen = readFileSync(trace, 'utf8');
    expect(seen).toContain('http://r/');
    expect(seen).not.toContain('hidden');
  });
});
