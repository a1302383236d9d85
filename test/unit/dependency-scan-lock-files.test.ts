import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AuditedProject } from '../../src/dependency-scan/audits/package-audit.js';
import { declaredManager } from '../../src/dependency-scan/declared-manager.js';
import type { PackageManagerName } from '../../src/dependency-scan/dependency-scan-report.js';
import { parseBlockMapping, textsIn } from '../../src/dependency-scan/locks/block-mapping.js';
import { assertBunLock } from '../../src/dependency-scan/locks/bun-lock.js';
import { assertNpmLock } from '../../src/dependency-scan/locks/npm-lock.js';
import { assertPnpmLock } from '../../src/dependency-scan/locks/pnpm-lock.js';
import { readMembers } from '../../src/dependency-scan/locks/workspaces.js';
import { assertYarnLock } from '../../src/dependency-scan/locks/yarn-lock.js';
import type { PackageManifest } from '../../src/dependency-scan/project.js';

const project = (packageManager: PackageManagerName, text: string, manifest: PackageManifest): AuditedProject => ({
  lockFile: { name: 'the lock', packageManager, text },
  manifest,
  members: [{ folder: '', manifest }],
});
const lacks = (what: string, manager: PackageManagerName): string =>
  `the lock is not of this package.json: it lacks ${what}. Run ${manager} install`;

describe('the block style of YAML', () => {
  it('gives the texts of a mapping without what is a mapping itself', () => {
    const mapping = parseBlockMapping('koa: 2.0.0\nqs:\n  deep: 1\nlodash: 4.17.20\n');
    expect(textsIn(mapping ?? new Map())).toEqual([
      ['koa', '2.0.0'],
      ['lodash', '4.17.20'],
    ]);
  });

  it('is not taken for what a line of it cannot be read as', () => {
    expect(parseBlockMapping('koa: 2.0.0\n[qs, lodash]\n')).toBeUndefined();
  });
});

describe('a lock file of npm', () => {
  const npm = (packages: object, manifest: PackageManifest): AuditedProject =>
    project('npm', JSON.stringify({ lockfileVersion: 3, packages: { '': {}, ...packages } }), manifest);

  it('that says no version of a package is of none that was asked for', () => {
    const unversioned = npm(
      { 'node_modules/koa': { resolved: 'https://r.example/koa.tgz' } },
      { dependencies: { koa: '^2' } },
    );
    expect(() => assertNpmLock(unversioned)).toThrow('it holds koa of no version where ^2 is asked for');
  });

  it('may be overridden for a package itself, beside what that depends on', () => {
    const koa = { 'node_modules/koa': { version: '3.0.0', resolved: 'https://r.example/koa.tgz' } };
    const overriding = (itself: string): AuditedProject =>
      npm(koa, { dependencies: { koa: '^2' }, overrides: { koa: { '.': itself, qs: '^6' } } });
    assertNpmLock(overriding('3.0.0'));
    expect(() => assertNpmLock(overriding('github:acme/koa'))).toThrow(
      'No advisory can cover koa (from git) in the lock',
    );
  });
});

describe('a lock file of npm 5 and 6', () => {
  const old = (dependencies: object, manifest: PackageManifest): AuditedProject =>
    project('npm', JSON.stringify({ lockfileVersion: 1, dependencies }), manifest);

  it('may hold a peer for development alone', () => {
    const entries = { koa: { version: '2.0.0', dev: true } };
    assertNpmLock(old(entries, { peerDependencies: { koa: '^2' } }));
    expect(() => assertNpmLock(old(entries, { dependencies: { koa: '^2' } }))).toThrow(lacks('koa', 'npm'));
  });

  it('is no proof of what the package.json takes from elsewhere, but what is of development may come from anywhere', () => {
    const entries = {
      koa: { version: '2.0.0' },
      qs: { version: 'git+ssh://git@h.example/qs.git#1234', dev: true },
    };
    assertNpmLock(old(entries, { dependencies: { koa: '^2' } }));
    expect(() => assertNpmLock(old(entries, { dependencies: { koa: 'https://h.example/koa.tgz' } }))).toThrow(
      'No advisory can cover koa (from a URL) in the lock',
    );
  });
});

describe('a lock file of pnpm', () => {
  const pnpm = (rest: string, manifest: PackageManifest): AuditedProject =>
    project('pnpm', `lockfileVersion: '9.0'\n${rest}`, manifest);
  const KOA = `importers:
  .:
    dependencies:
      koa:
        specifier: ^2
        version: 3.0.0
snapshots:
  koa@3.0.0: {}
`;

  it('that is of other folders alone lacks this one', () => {
    const ofAnother = pnpm(KOA.replace('  .:', '  packages/a:'), { dependencies: { koa: '^2' } });
    expect(() => assertPnpmLock(ofAnother)).toThrow(lacks('the folder itself', 'pnpm'));
  });

  it('that says no version of a package lacks it', () => {
    const unversioned = pnpm(KOA.replace('        version: 3.0.0\n', ''), { dependencies: { koa: '^2' } });
    expect(() => assertPnpmLock(unversioned)).toThrow('it lacks koa');
  });

  it.each([
    ['koa', 'koa-static'],
    ['koa@^2', 'koa-static@^2'],
    ['app>koa', 'koa>app'],
  ])('may hold another version where the override of %s says so, and not that of %s', (selector, other) => {
    const manifest = { dependencies: { koa: '^2' } };
    assertPnpmLock(pnpm(`overrides:\n  '${selector}': 3.0.0\n${KOA}`, manifest));
    expect(() => assertPnpmLock(pnpm(`overrides:\n  '${other}': 3.0.0\n${KOA}`, manifest))).toThrow(
      'it holds koa 3.0.0 where ^2 is asked for',
    );
  });
});

describe('a lock file of Yarn', () => {
  const yarn = (entries: string, manifest: PackageManifest): AuditedProject =>
    project('yarn', `__metadata:\n  version: 8\n\n${entries}`, manifest);
  const entry = (descriptor: string, version: string, dependencies = ''): string =>
    `"${descriptor}":\n${version}  resolution: "${descriptor.replace(/@.*/, '')}@npm:3.0.0"\n${dependencies}\n`;

  it('that says no version of a package holds none that was asked for', () => {
    const unversioned = yarn(entry('koa@npm:^2', ''), { dependencies: { koa: '^2' } });
    expect(() => assertYarnLock(unversioned)).toThrow('it holds koa');
  });

  it('may hold another version where a resolution says so, also for what one package asks for', () => {
    const entries = entry('koa@npm:^2', '  version: 3.0.0\n');
    const resolving = (resolutions: Record<string, string>): AuditedProject =>
      yarn(entries, { dependencies: { koa: '^2' }, resolutions });
    assertYarnLock(resolving({ koa: '3.0.0' }));
    assertYarnLock(resolving({ 'app/koa@npm:^2': '3.0.0' }));
    expect(() => assertYarnLock(resolving({ 'koa-static': '3.0.0' }))).toThrow(
      'it holds koa 3.0.0 where ^2 is asked for',
    );
  });

  it('that has packages which depend on each other is gone through once', () => {
    const entries = [
      entry('koa@npm:^3', '  version: 3.0.0\n', '  dependencies:\n    qs: "npm:^3"\n'),
      entry('qs@npm:^3', '  version: 3.0.0\n', '  dependencies:\n    koa: "npm:^3"\n    gone: "npm:^1"\n'),
    ].join('\n');
    expect(() => assertYarnLock(yarn(entries, { dependencies: { koa: '^3', qs: '^3' } }))).toThrow(
      lacks('gone of qs@npm:^1', 'yarn'),
    );
  });
});

describe('a lock file of Bun', () => {
  const bun = (workspaces: object, packages: object): AuditedProject =>
    project('bun', JSON.stringify({ lockfileVersion: 1, workspaces, packages }), { dependencies: { koa: '^2' } });

  it('that is of other folders alone lacks this one', () => {
    expect(() => assertBunLock(bun({ a: { dependencies: { koa: '^2' } } }, {}))).toThrow(
      lacks('the folder itself', 'bun'),
    );
  });

  it.each([5, { dependencies: { qs: 6 } }])('is broken with %j as what a package depends on', (about) => {
    const workspaces = { '': { dependencies: { koa: '^2' } } };
    assertBunLock(bun(workspaces, { koa: ['koa@2.0.0', '', {}] }));
    expect(() => assertBunLock(bun(workspaces, { koa: ['koa@2.0.0', '', about] }))).toThrow('bun.lock is broken');
  });
});

describe('a package.json that names no package manager in a list of its devEngines', () => {
  it('is installed by none, and contradicts one that it names elsewhere', () => {
    const devEngines = { packageManager: [] };
    expect(declaredManager({ devEngines })).toEqual({ names: [], words: 'devEngines.packageManager says none' });
    expect(() => declaredManager({ packageManager: 'pnpm@10.4.1', devEngines })).toThrow(
      'packageManager says pnpm, devEngines.packageManager none',
    );
  });
});

describe('the workspaces of a folder', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tenxyte-workspaces-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are not guessed from a pnpm-workspace.yaml that cannot be read', async () => {
    writeFileSync(join(folder, 'pnpm-workspace.yaml'), 'packages: &all\n{ broken\n');
    await expect(readMembers(folder, {}, 'pnpm')).rejects.toThrow('pnpm-workspace.yaml cannot be read here');
    await expect(readMembers(folder, {}, 'npm')).resolves.toEqual([{ folder: '', manifest: {} }]);
  });

  it('are not taken for none where the folder cannot be searched', async () => {
    const manifest = { workspaces: ['packages/*'] };
    await expect(readMembers(join(folder, 'gone'), manifest, 'npm')).rejects.toThrow(
      'cannot be searched for workspaces (ENOENT)',
    );
  });
});
