import { describe, expect, it } from '@jest/globals';
import { scanDependencies } from '../../src/dependency-scan/scan-dependencies.js';
import type { ScanResult } from '../../src/dependency-scan/scan-result.js';
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

const NPM = { 'package-lock.json': NPM_LOCK };
const PNPM = { 'pnpm-lock.yaml': PNPM_LOCK };
const YARN = { 'yarn.lock': YARN_LOCK };
const BUN = { 'bun.lock': BUN_LOCK };

const manifest = (fields: object): Readonly<Record<string, string>> => ({
  'package.json': JSON.stringify({ name: 'host', dependencies: { lodash: '4.17.20' }, ...fields }),
});
const engines = (packageManager: unknown): Readonly<Record<string, string>> =>
  manifest({ devEngines: { packageManager } });

describe('the lock file in use', () => {
  const { project, commands, env } = useScannedProjects();

  const scan = async (
    files: Readonly<Record<string, string>>,
    managers: Readonly<Record<string, string>> = CLEAN_MANAGERS,
  ): Promise<ScanResult> => {
    const { result } = await scanDependencies({
      folder: project(files),
      ...PLAN,
      env: env({ PATH: `${commands(managers)}:${NODE_PATH}` }),
    });
    return result;
  };

  it.each([
    ['the one that is there', NPM, 'package-lock.json'],
    ['the shrinkwrap of npm before its lock', { ...NPM, 'npm-shrinkwrap.json': NPM_LOCK }, 'npm-shrinkwrap.json'],
    ["Bun's", BUN, 'bun.lock'],
    ["Bun's in words before its binary one", { ...BUN, 'bun.lockb': '\0' }, 'bun.lock'],
    [
      'that of packageManager',
      { ...NPM, ...PNPM, ...manifest({ packageManager: 'pnpm@10.4.1+sha512.ab' }) },
      'pnpm-lock.yaml',
    ],
    ['that of devEngines', { ...NPM, ...YARN, ...engines({ name: 'yarn', version: '^4' }) }, 'yarn.lock'],
    [
      'that of both',
      { ...NPM, ...manifest({ packageManager: 'npm@11.0.0', devEngines: { packageManager: { name: 'npm' } } }) },
      'package-lock.json',
    ],
    ['one of a list in devEngines', { ...PNPM, ...engines([{ name: 'npm' }, { name: 'pnpm' }]) }, 'pnpm-lock.yaml'],
    [
      'that of packageManager, whatever others left',
      { ...NPM, 'pnpm-workspace.yaml': '', ...manifest({ packageManager: 'npm@11.0.0' }) },
      'package-lock.json',
    ],
    ['that of who installed', { ...PNPM, 'node_modules/.modules.yaml': '' }, 'pnpm-lock.yaml'],
  ])('is %s', async (_what, files, lockFile) => {
    expect(await scan(files)).toMatchObject({ verdict: 'clean', lockFile });
  });

  const TWO = /^There is more than one package manager's lock file: /;
  it.each([
    ["Bun's beside one of npm", { ...NPM, ...BUN }, TWO],
    ["Bun's binary one beside one of npm", { ...NPM, 'bun.lockb': '\0' }, TWO],
    ["Deno's beside one of npm", { ...NPM, 'deno.lock': '{"version":"5"}' }, TWO],
    ['a shrinkwrap beside one of pnpm', { ...PNPM, 'npm-shrinkwrap.json': NPM_LOCK }, TWO],
    ['two, and a list that has both', { ...NPM, ...PNPM, ...engines([{ name: 'npm' }, { name: 'pnpm' }]) }, TWO],
    [
      'packageManager of another one',
      { ...NPM, ...manifest({ packageManager: 'pnpm@10.4.1' }) },
      /^package-lock\.json is of npm, but packageManager says pnpm in package\.json: which one installs cannot be told$/,
    ],
    [
      'packageManager of npm beside one of Yarn',
      { ...YARN, ...manifest({ packageManager: 'npm@11.0.0' }) },
      /^yarn\.lock is of yarn, but packageManager says npm/,
    ],
    [
      'packageManager of Bun',
      { ...NPM, ...manifest({ packageManager: 'bun@1.3.0' }) },
      /^package-lock\.json is of npm, but packageManager says bun/,
    ],
    [
      'packageManager of a third one',
      { ...NPM, ...PNPM, ...manifest({ packageManager: 'yarn@4.0.0' }) },
      /^package-lock\.json and pnpm-lock\.yaml is of npm and pnpm, but packageManager says yarn/,
    ],
    [
      'devEngines of another one',
      { ...NPM, ...engines({ name: 'pnpm' }) },
      /^package-lock\.json is of npm, but devEngines\.packageManager says pnpm/,
    ],
    [
      'fields that contradict each other',
      { ...NPM, ...manifest({ packageManager: 'npm@11.0.0', devEngines: { packageManager: { name: 'pnpm' } } }) },
      /^package\.json contradicts itself: packageManager says npm, devEngines\.packageManager pnpm$/,
    ],
    ['a packageManager that is none', { ...NPM, ...manifest({ packageManager: 5 }) }, /its packageManager is none/],
    [
      'devEngines without a name',
      { ...NPM, ...engines({ version: '1' }) },
      /its devEngines\.packageManager names none/,
    ],
    ["Bun's binary one", { 'bun.lockb': '\0' }, /^bun\.lockb is binary/],
    ["Deno's", { 'deno.lock': '{"version":"5"}' }, /^deno\.lock is of Deno, whose audit prints nothing/],
    ...[
      'pnpm-workspace.yaml',
      '.yarnrc.yml',
      '.pnp.cjs',
      'vlt-lock.json',
      'node_modules/.modules.yaml',
      'node_modules/.yarn-state.yml',
      'node_modules/.yarn-integrity',
      'node_modules/.vlt-lock.json',
    ].map(
      (mark) => [`${mark} beside one of npm`, { ...NPM, [mark]: '' }, new RegExp(`but there is ${mark} of `)] as const,
    ),
    [
      'a folder that npm installed beside one of pnpm',
      { ...PNPM, 'node_modules/.package-lock.json': '{}' },
      /^pnpm-lock\.yaml is of pnpm, but there is node_modules\/\.package-lock\.json of npm/,
    ],
  ] as readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[])(
    'cannot be told with %s',
    async (_what, files, reason) => {
      expect(await scan(files)).toMatchObject({
        status: 'failed',
        verdict: 'unknown',
        reason: expect.stringMatching(reason),
        error: { code: 'SCAN_UNKNOWN' },
      });
    },
  );

  it('is looked at by Bun where it is, in its own words', async () => {
    const answer = {
      lodash: [{ id: 7, url: 'https://example.com/7', title: 'Odd', severity: 'high', vulnerable_versions: '*' }],
    };
    const bun = `
      if (process.argv.slice(2).join(' ') !== 'audit --json --prod') throw new Error(process.argv);
      console.log(${JSON.stringify(JSON.stringify(answer))}); process.exitCode = 1;`;
    expect(await scan(BUN, { bun })).toMatchObject({
      verdict: 'vulnerable',
      packageManager: 'bun',
      lockFile: 'bun.lock',
      vulnerabilities: [{ id: '7', package: 'lodash' }],
    });
    expect(await scan(BUN, {})).toMatchObject({
      verdict: 'unknown',
      reason: 'bun is not on the PATH of this process',
    });
  });
});
