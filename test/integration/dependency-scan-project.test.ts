import { chmodSync, mkdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { scanDependencies } from '../../src/dependency-scan/scan-dependencies.js';
import type { ScanOutcome, ScanPlan } from '../../src/dependency-scan/scan-result.js';
import { scanUnrecorded } from '../../src/dependency-scan/unrecorded-scan.js';
import { PLAN, NODE_PATH, NPM_LOCK, PNPM_LOCK, useScannedProjects, YARN_LOCK } from '../support/scanned-project.js';

const PNPM_REPORT = `{
  "actions": [],
  "advisories": {
    "1106913": {
      "findings": [{ "version": "4.17.20", "paths": [".>lodash"] }],
      "id": 1106913,
      "title": "Command Injection in lodash",
      "module_name": "lodash",
      "vulnerable_versions": "<4.17.21",
      "patched_versions": ">=4.17.21",
      "severity": "high",
      "github_advisory_id": "GHSA-35jh-r3h4-6jhm",
      "url": "https://github.com/advisories/GHSA-35jh-r3h4-6jhm"
    }
  },
  "muted": [],
  "metadata": {
    "vulnerabilities": { "info": 0, "low": 0, "moderate": 0, "high": 1, "critical": 0 },
    "dependencies": 1, "devDependencies": 0, "optionalDependencies": 0, "totalDependencies": 1
  }
}`;
const YARN_REPORT =
  '{"value":"lodash","children":{"ID":1106913,"Issue":"Command Injection in lodash","URL":"https://github.com/advisories/GHSA-35jh-r3h4-6jhm","Severity":"high","Vulnerable Versions":"<4.17.21","Tree Versions":["4.17.20"],"Dependents":["host@workspace:."]}}';

/** A package manager that prints a text when it is called as expected, and ends. */
const printing = (args: string, text: string, exitCode = 1): string =>
  `if (process.argv.slice(2).join(' ') !== ${JSON.stringify(args)}) { throw new Error('called with ' + process.argv); }
   process.stdout.write(${JSON.stringify(text)}); process.exitCode = ${exitCode};`;
const PNPM_ARGS = 'audit --prod --json --audit-level=low';
const YARN_ARGS = 'npm audit --all --recursive --environment production --json --no-deprecations';

describe('a scan of a project', () => {
  const { project, commands, env, file } = useScannedProjects();

  const scan = (folder: string, plan: Partial<ScanPlan> = {}): Promise<ScanOutcome> =>
    scanDependencies({
      folder,
      ...PLAN,
      env: env({ PATH: commands({}) }),
      ...plan,
    });
  const withCommand = (name: string, script: string): Pick<ScanPlan, 'env'> => ({
    env: env({ PATH: `${commands({ [name]: script })}:${NODE_PATH}` }),
  });

  it.each([
    ['pnpm', { 'pnpm-lock.yaml': PNPM_LOCK }, printing(PNPM_ARGS, PNPM_REPORT)],
    ['yarn', { 'yarn.lock': YARN_LOCK }, printing(YARN_ARGS, `${YARN_REPORT}\n`)],
  ] as const)('is made by %s when the lock file is its own', async (packageManager, files, script) => {
    const { result } = await scan(project(files), withCommand(packageManager, script));
    expect(result).toMatchObject({
      status: 'succeeded',
      verdict: 'vulnerable',
      packageManager,
      lockFile: Object.keys(files)[0],
      counts: { high: 1 },
      vulnerabilities: [{ id: 'GHSA-35jh-r3h4-6jhm', package: 'lodash' }],
    });
  });

  it.each([
    [
      'pnpm',
      { 'pnpm-lock.yaml': PNPM_LOCK },
      printing(
        PNPM_ARGS,
        PNPM_REPORT.replace(/"1106913": \{[^]*\}\n {2}\},/, '},').replace('"high": 1', '"high": 0'),
        0,
      ),
    ],
    ['yarn', { 'yarn.lock': YARN_LOCK }, printing(YARN_ARGS, '', 0)],
  ] as const)('is clean when %s says so', async (packageManager, files, script) => {
    const { result } = await scan(project(files), withCommand(packageManager, script));
    expect(result).toMatchObject({ status: 'succeeded', verdict: 'clean', packageManager });
  });

  it.each([
    ['pnpm', { 'pnpm-lock.yaml': PNPM_LOCK }],
    ['yarn', { 'yarn.lock': YARN_LOCK }],
  ] as const)('is unknown when %s fails or is not there', async (packageManager, files) => {
    const failing = withCommand(packageManager, "console.error('http://u:hidden-word@host/'); process.exitCode = 1;");
    const { result } = await scan(project(files), failing);
    expect(result).toMatchObject({ status: 'failed', verdict: 'unknown', packageManager });
    expect(JSON.stringify(result)).not.toContain('hidden-word');
    const absent = await scan(project(files));
    expect(absent.result.reason).toBe(`${packageManager} is not on the PATH of this process`);
  });

  it.each([
    ['no lock file', {}, /^There is no lock file in .*: none of npm-shrinkwrap.json, package-lock.json, /],
    [
      'the lock files of two package managers',
      { 'package-lock.json': NPM_LOCK, 'yarn.lock': YARN_LOCK },
      /^There is more than one package manager's lock file: package-lock.json and yarn.lock\. Remove the stale one/,
    ],
    ['a broken package-lock.json', { 'package-lock.json': '{"lockfileVersion":3,' }, /^package-lock.json is broken$/],
    ['a broken pnpm-lock.yaml', { 'pnpm-lock.yaml': '<html>' }, /^pnpm-lock.yaml is broken/],
    ['a broken yarn.lock', { 'yarn.lock': '' }, /^yarn.lock is broken/],
    ['a lock file of Yarn 1', { 'yarn.lock': '# yarn lockfile v1\n' }, /^yarn.lock is of Yarn 1/],
    ['no package.json', { 'package.json': undefined, 'package-lock.json': NPM_LOCK }, /^There is no package.json in /],
    ['a broken package.json', { 'package.json': '{', 'package-lock.json': NPM_LOCK }, /^package.json is broken$/],
  ] as const)('is unknown with %s', async (_what, files, reason) => {
    const { result } = await scan(project(files));
    expect(result).toMatchObject({
      status: 'failed',
      verdict: 'unknown',
      vulnerabilities: [],
      reason: expect.stringMatching(reason),
      error: { code: 'SCAN_UNKNOWN' },
    });
  });

  it('is unknown when there is no such folder, or a lock file that cannot be read', async () => {
    expect((await scan(file('absent'))).result.reason).toMatch(/^There is no folder .*absent$/);
    const folder = project({});
    mkdirSync(`${folder}/package-lock.json`);
    chmodSync(`${folder}/package-lock.json`, 0o700);
    expect((await scan(folder)).result.reason).toBe('package-lock.json cannot be read (EISDIR)');
  });

  it('prefers npm-shrinkwrap.json to package-lock.json, as npm does', async () => {
    const folder = project({ 'package-lock.json': '{', 'npm-shrinkwrap.json': NPM_LOCK });
    expect((await scan(folder)).result).toMatchObject({
      lockFile: 'npm-shrinkwrap.json',
      reason: 'npm is not on the PATH of this process',
    });
  });

  it('is stopped when the signal says so', async () => {
    const { result } = await scan(project(), { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ status: 'stopped', verdict: 'unknown' });
    expect(result).not.toHaveProperty('error');
  });

  it('lists 100 vulnerabilities, counts all, and gives all at or above the level', async () => {
    const lines = Array.from({ length: 250 }, (_, index) =>
      YARN_REPORT.replace('1106913', String(index))
        .replace('GHSA-35jh-r3h4-6jhm', String(index))
        .replace('"high"', index % 2 === 0 ? '"low"' : '"critical"'),
    );
    const { result, aboveThreshold } = await scan(
      project({ 'yarn.lock': YARN_LOCK }),
      withCommand('yarn', printing(YARN_ARGS, lines.join('\n'))),
    );
    expect(result).toMatchObject({ counts: { critical: 125, low: 125 }, atOrAboveLevel: 125 });
    expect([result.vulnerabilities.length, aboveThreshold.length]).toEqual([100, 125]);
    expect(result.vulnerabilities.every(({ severity }) => severity === 'critical')).toBe(true);
  });

  it('leaves out what is allowed, and is clean when nothing else is left', async () => {
    const allow = [
      { id: 'GHSA-35jh-r3h4-6jhm', reason: 'templates are not used', expires: '2026-06-30' },
      { id: 'GHSA-aaaa-aaaa-aaaa', reason: 'gone', expires: '2026-06-30' },
    ];
    const folder = project({ 'yarn.lock': YARN_LOCK });
    const command = withCommand('yarn', printing(YARN_ARGS, YARN_REPORT));
    const { result, aboveThreshold } = await scan(folder, { ...command, allow });
    expect(aboveThreshold).toEqual([]);
    expect(result).toMatchObject({
      verdict: 'clean',
      counts: { high: 0 },
      allowed: [{ id: 'GHSA-35jh-r3h4-6jhm', package: 'lodash', severity: 'high', reason: 'templates are not used' }],
      staleAllowances: [allow[1]],
    });
    const nextDay = await scan(folder, { ...command, allow, today: '2026-07-01' });
    expect(nextDay.result).toMatchObject({ verdict: 'vulnerable', allowed: [], staleAllowances: allow });
  });

  it('without a database is dated by the clock, in UTC', async () => {
    const settings = {
      trustProject: false,
      level: 'high',
      timeoutMs: 1_000,
      allow: [{ id: 'x', reason: 'r', expires: '2026-06-30' }],
    } as const;
    const request = { cwd: file('absent'), level: 'low' } as const;
    const scanAt = async (now: string) => (await scanUnrecorded(settings, request, new Date(now))).report;
    expect(await scanAt('2026-06-30T23:59:59.999Z')).toMatchObject({
      task: 'dependency-scan',
      dryRun: false,
      runAt: '2026-06-30T23:59:59.999000Z',
      level: 'low',
      staleAllowances: [],
    });
    expect(await scanAt('2026-07-01T00:00:00Z')).toMatchObject({ staleAllowances: settings.allow });
  });

  it('without a database says what stopped it', async () => {
    const settings = { trustProject: true, level: 'high', timeoutMs: 60_000, allow: [] } as const;
    const stopped = await scanUnrecorded(settings, { cwd: project(), trustProject: true, signal: AbortSignal.abort() });
    expect(stopped).toMatchObject({
      report: { status: 'stopped', verdict: 'unknown', stopReason: 'signal' },
      notes: [],
    });
    const failed = await scanUnrecorded(settings, { cwd: file('absent') });
    expect(failed).toMatchObject({ report: { status: 'failed', verdict: 'unknown', stopReason: null } });
  });
});
