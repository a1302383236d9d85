import { describe, expect, it } from '@jest/globals';
import { scanDependencies } from '../../src/dependency-scan/scan-dependencies.js';
import type { ScanResult } from '../../src/dependency-scan/scan-result.js';
import { CLEAN_MANAGERS } from '../support/clean-managers.js';
import { PLAN, NODE_PATH, useScannedProjects } from '../support/scanned-project.js';

type Files = Readonly<Record<string, string>>;
type Case = readonly [what: string, files: Files, reason: string];

const manifest = (fields: object): Files => ({ 'package.json': JSON.stringify({ name: 'host', ...fields }) });
const memberOf = (folder: string, fields: object): Files => ({
  [`${folder}/package.json`]: JSON.stringify({ name: folder.replace(/.*\//, ''), version: '1.0.0', ...fields }),
});
const asking = (dependencies: object): Files => manifest({ dependencies });

const LODASH = { version: '4.17.20', resolved: 'https://r.example/lodash.tgz' };
const npmLock = (packages: object, lockfileVersion: unknown = 3): Files => ({
  'package-lock.json': JSON.stringify({
    lockfileVersion,
    packages: { '': {}, 'node_modules/lodash': LODASH, ...packages },
  }),
});
const oldNpmLock = (dependencies: object): Files => ({
  'package-lock.json': JSON.stringify({ lockfileVersion: 1, dependencies }),
});
const ofThis = 'package-lock.json is not of this package.json: it ';
const noAdvisory = 'No advisory can cover ';

const NPM_GAPS: readonly Case[] = [
  [
    'an optional dependency',
    { ...manifest({ optionalDependencies: { koa: '1' } }), ...npmLock({}) },
    `${ofThis}lacks koa`,
  ],
  ['a peer', { ...manifest({ peerDependencies: { koa: '1' } }), ...npmLock({}) }, `${ofThis}lacks koa`],
  ['a bundled dependency', { ...manifest({ bundleDependencies: ['koa'] }), ...npmLock({}) }, `${ofThis}lacks koa`],
  [
    'a dependency that was one of development',
    { ...asking({ koa: '1' }), ...npmLock({ 'node_modules/koa': { version: '1.0.0', dev: true } }) },
    `${ofThis}lacks koa`,
  ],
  [
    'an optional dependency of a workspace that was one of development',
    {
      ...manifest({ workspaces: ['a'] }),
      ...memberOf('a', { optionalDependencies: { koa: '1' } }),
      ...npmLock({
        a: {},
        'node_modules/a': { link: true, resolved: 'a' },
        'node_modules/koa': { version: '1.0.0', dev: true },
      }),
    },
    `${ofThis}lacks koa of a`,
  ],
  [
    'what a package depends on, but for development',
    {
      ...asking({ koa: '1' }),
      ...npmLock({
        'node_modules/koa': { version: '1.0.0', dependencies: { qs: '*' } },
        'node_modules/qs': { version: '6.0.0', dev: true },
      }),
    },
    `${ofThis}lacks qs of koa`,
  ],
  [
    'a version that only the override of another package would allow',
    { ...manifest({ dependencies: { lodash: '^5' }, overrides: { 'lodash.merge': '4' } }), ...npmLock({}) },
    `${ofThis}holds lodash 4.17.20 where ^5 is`,
  ],
  [
    'many',
    { ...asking({ a: '1', b: '1', c: '1', d: '1', e: '1' }), ...npmLock({}) },
    'it lacks a, b, c and 2 more. Run npm',
  ],
  [
    'another version',
    { ...asking({ lodash: '^5.0.0' }), ...npmLock({}) },
    `${ofThis}holds lodash 4.17.20 where ^5.0.0 is`,
  ],
  [
    'another version of an alias',
    { ...asking({ lodash: 'npm:lodash@^5' }), ...npmLock({}) },
    'where npm:lodash@^5 is asked',
  ],
  [
    'what a package depends on',
    { ...asking({ koa: '1' }), ...npmLock({ 'node_modules/koa': { version: '1.0.0', dependencies: { qs: '*' } } }) },
    `${ofThis}lacks qs of koa`,
  ],
  [
    'a workspace',
    { ...manifest({ workspaces: ['packages/*'] }), ...memberOf('packages/a', {}), ...npmLock({}) },
    `${ofThis}lacks the workspace packages/a`,
  ],
  [
    'a dependency of a workspace',
    {
      ...manifest({ workspaces: { packages: ['packages/**'] } }),
      ...memberOf('packages/deep/a', { dependencies: { koa: '1', lodash: '^4' } }),
      ...npmLock({ 'packages/deep/a': {}, 'node_modules/a': { link: true, resolved: 'packages/deep/a' } }),
    },
    `${ofThis}lacks koa of packages/deep/a`,
  ],
  ['a newer lock file', { ...asking({}), ...npmLock({}, 4) }, 'has the lockfileVersion 4, which is not known here'],
  ['an older lock file', { ...asking({}), ...npmLock({}, 0) }, 'has the lockfileVersion 0, which is not known here'],
  ['a version in words', { ...asking({}), ...npmLock({}, '3') }, 'package-lock.json is broken'],
  ...(
    [
      ['git+ssh://git@h.example/a.git', 'git'],
      ['git@h.example:a/b.git', 'git'],
      ['github:acme/a', 'git'],
      ['acme/a#v1', 'git'],
      ['https://h.example/a.git', 'git'],
      ['https://h.example/a.tgz', 'a URL'],
      ['file:../a', 'a file'],
      ['../a', 'a file'],
      ['a-1.0.0.tgz', 'a file'],
    ] as const
  ).map(([specifier, from]): Case => [
    specifier,
    { ...asking({ own: specifier }), ...npmLock({ 'node_modules/own': { version: '1.0.0' } }) },
    `${noAdvisory}own (from ${from}) in package-lock.json`,
  ]),
  [
    'a package from git below another',
    {
      ...asking({ lodash: '4' }),
      ...npmLock({ 'node_modules/own': { version: '1.0.0', resolved: 'git+ssh://git@h/a.git#ab' } }),
    },
    `${noAdvisory}own (from git)`,
  ],
  [
    'a package from a URL below another',
    {
      ...asking({ lodash: '4' }),
      ...npmLock({
        'node_modules/lodash': { ...LODASH, dependencies: { own: 'https://h.example/own.tgz' } },
        'node_modules/own': { version: '1.0.0', resolved: 'https://h.example/own.tgz' },
      }),
    },
    `${noAdvisory}own (from a URL)`,
  ],
  [
    'a link that is no workspace',
    { ...asking({ own: '*' }), ...npmLock({ 'node_modules/own': { link: true, resolved: '../own' } }) },
    `${noAdvisory}own (from a file)`,
  ],
  [
    'an override from git',
    { ...manifest({ dependencies: { lodash: '4' }, overrides: { koa: { qs: 'acme/qs' } } }), ...npmLock({}) },
    `${noAdvisory}qs (from git)`,
  ],
  ['version 1: a dependency', { ...asking({ koa: '1' }), ...oldNpmLock({}) }, `${ofThis}lacks koa`],
  [
    'version 1: its version',
    { ...asking({ koa: '2' }), ...oldNpmLock({ koa: { version: '1.0.0' } }) },
    'koa 1.0.0 where 2',
  ],
  [
    'version 1: git, below another',
    {
      ...asking({ koa: '1' }),
      ...oldNpmLock({ koa: { version: '1.0.0', dependencies: { own: { version: 'git+ssh://h/a#b' } } } }),
    },
    `${noAdvisory}own (from git)`,
  ],
  [
    'version 1: a workspace',
    { ...manifest({ workspaces: ['a'] }), ...memberOf('a', {}), ...oldNpmLock({}) },
    'lacks the workspace a',
  ],
  [
    'workspaces that are no list',
    { ...manifest({ workspaces: 5 }), ...npmLock({}) },
    'its workspaces are no list of folders',
  ],
  [
    'workspaces that nobody can read',
    { ...manifest({ workspaces: ['a[bc]'] }), ...npmLock({}) },
    'The workspaces a[bc] cannot be read',
  ],
  ['dependencies that are none', { ...asking({ koa: 5 }), ...npmLock({}) }, 'package.json is broken'],
];

const NPM_WHOLE: readonly (readonly [string, Files])[] = [
  [
    'what a range, a tag and an alias ask for',
    {
      ...asking({ lodash: '^4.17.0 || ^5', koa: 'latest', other: 'npm:lodash@4' }),
      ...npmLock({
        'node_modules/koa': { version: '3.0.0-rc.1' },
        'node_modules/other': { name: 'lodash', ...LODASH },
      }),
    },
  ],
  [
    'a workspace, and one that links to another',
    {
      ...manifest({ workspaces: ['packages/*', '!packages/old'] }),
      ...memberOf('packages/a', { dependencies: { lodash: '4.17.20', b: '^1.0.0', qs: '6' } }),
      ...memberOf('packages/b', {}),
      ...memberOf('packages/old', { dependencies: { gone: '1' } }),
      ...npmLock({
        'packages/a': {},
        'packages/b': {},
        'packages/a/node_modules/qs': { version: '6.1.0' },
        'node_modules/a': { link: true, resolved: 'packages/a' },
        'node_modules/b': { link: true, resolved: 'packages/b' },
      }),
    },
  ],
  [
    'what is of development, in whichever way it is missing',
    {
      ...manifest({ devDependencies: { koa: 'acme/koa', qs: '6' }, peerDependencies: { qs: '6' } }),
      ...npmLock({
        'node_modules/koa': {
          version: '1.0.0',
          dev: true,
          resolved: 'git+ssh://h/koa.git#ab',
          dependencies: { gone: '1' },
        },
      }),
    },
  ],
  [
    'optional peers, and parts of optional packages for other platforms',
    {
      ...manifest({ peerDependencies: { koa: '1' }, peerDependenciesMeta: { koa: { optional: true } } }),
      ...npmLock({ 'node_modules/wasm': { version: '1.0.0', optional: true, dependencies: { runtime: '1' } } }),
    },
  ],
  [
    'a dependency of a workspace that is overridden',
    {
      ...manifest({ workspaces: ['a'], overrides: { lodash: '4.17.20' } }),
      ...memberOf('a', { dependencies: { lodash: '3' } }),
      ...npmLock({ a: {}, 'node_modules/a': { link: true, resolved: 'a' } }),
    },
  ],
  ['a lock file of version 1', { ...asking({ koa: '1' }), ...oldNpmLock({ koa: { version: '1.0.0' } }) }],
];

const PNPM_HEAD = "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n\n";
const pnpmLock = (importers: string, packages = '', head = PNPM_HEAD): Files => ({
  'pnpm-lock.yaml': `${head}importers:\n\n${importers}\nsnapshots:\n\n  lodash@4.17.20: {}\n${packages}`,
});
const root = (entries: string): string => `  .:\n    dependencies:\n${entries}`;
const entry = (name: string, specifier: string, version: string): string =>
  `      ${name}:\n        specifier: ${specifier}\n        version: ${version}\n`;
const LOCKED_LODASH = entry('lodash', '^4.17.0', '4.17.20');
const ofPnpm = 'pnpm-lock.yaml is not of this package.json: it ';
const WORKSPACE: Files = { 'pnpm-workspace.yaml': "packages:\n- 'packages/*'\n" };

const PNPM_GAPS: readonly Case[] = [
  [
    'a dependency',
    { ...asking({ koa: '1' }), ...pnpmLock(root(LOCKED_LODASH)) },
    `${ofPnpm}lacks koa. Run pnpm install`,
  ],
  [
    'an optional one',
    { ...manifest({ optionalDependencies: { koa: '1' } }), ...pnpmLock('  .: {}\n') },
    `${ofPnpm}lacks koa`,
  ],
  ['a peer', { ...manifest({ peerDependencies: { koa: '1' } }), ...pnpmLock('  .: {}\n') }, `${ofPnpm}lacks koa`],
  [
    'another range',
    { ...asking({ lodash: '^4.17.1' }), ...pnpmLock(root(LOCKED_LODASH)) },
    'lodash 4.17.20 where ^4.17.1',
  ],
  [
    'another version',
    { ...asking({ lodash: '^5.0.0' }), ...pnpmLock(root(entry('lodash', '^5.0.0', '4.17.20'))) },
    'lodash 4.17.20 where ^5.0.0',
  ],
  [
    'the package itself',
    { ...asking({ koa: '1' }), ...pnpmLock(root(entry('koa', '1', '1.0.0'))) },
    `${ofPnpm}lacks koa`,
  ],
  [
    'what a package depends on',
    {
      ...asking({ koa: '1' }),
      ...pnpmLock(
        root(entry('koa', '1', '1.0.0(qs@6.0.0)')),
        '  koa@1.0.0(qs@6.0.0):\n    dependencies:\n      qs: 6.0.0\n',
      ),
    },
    `${ofPnpm}lacks qs of koa`,
  ],
  [
    'a workspace',
    { ...asking({}), ...WORKSPACE, ...memberOf('packages/a', {}), ...pnpmLock('  .: {}\n') },
    `${ofPnpm}lacks the workspace packages/a`,
  ],
  [
    'a dependency of a workspace',
    {
      ...asking({}),
      'pnpm-workspace.yaml': "packages: ['packages/a']\n",
      ...memberOf('packages/a', { dependencies: { koa: '1' } }),
      ...pnpmLock('  .: {}\n\n  packages/a: {}\n'),
    },
    `${ofPnpm}lacks koa of packages/a`,
  ],
  [
    'an older lock file',
    { ...asking({}), 'pnpm-lock.yaml': 'lockfileVersion: 5.4\n' },
    'a lockfileVersion that is not known',
  ],
  [
    'a newer lock file',
    { ...asking({}), 'pnpm-lock.yaml': "lockfileVersion: '10.0'\n" },
    'a lockfileVersion that is not known',
  ],
  [
    'git',
    {
      ...asking({ own: 'acme/own' }),
      ...pnpmLock(root(entry('own', 'acme/own', 'https://codeload.h.example/own/tar.gz/ab'))),
    },
    `${noAdvisory}own (from a URL) in pnpm-lock.yaml`,
  ],
  [
    'a folder that is no workspace',
    { ...asking({ own: 'link:../own' }), ...pnpmLock(root(entry('own', 'link:../own', 'link:../own'))) },
    `${noAdvisory}own (from a file)`,
  ],
  [
    'git below another',
    {
      ...asking({ koa: '1' }),
      ...pnpmLock(
        root(entry('koa', '1', '1.0.0')),
        '  koa@1.0.0:\n    optionalDependencies:\n      own: git+ssh://h/own.git#ab\n',
      ),
    },
    `${noAdvisory}own of koa (from git)`,
  ],
];

const PNPM_WHOLE: readonly (readonly [string, Files])[] = [
  [
    'ranges, aliases, peers, notes of several lines, and long keys',
    {
      ...asking({ lodash: '^4.17.0', alias: 'npm:lodash@4', koa: '1' }),
      ...pnpmLock(
        root(
          `${LOCKED_LODASH}${entry('alias', 'npm:lodash@4', 'lodash@4.17.20')}${entry('koa', "'1'", '1.0.0(qs@6.0.0)')}`,
        ),
        "  ? koa@1.0.0(qs@6.0.0)\n  : dependencies:\n      '@a/qs': 6.0.0\n\n  '@a/qs@6.0.0':\n    deprecated: |-\n      of several\n\n      lines: of it\n    engines: {node: '>=4'}\n",
      ),
    },
  ],
  [
    'a workspace that links to another',
    {
      ...asking({}),
      ...WORKSPACE,
      ...memberOf('packages/a', { dependencies: { b: 'workspace:*', lodash: '^4.17.0' } }),
      ...memberOf('packages/b', {}),
      ...pnpmLock(
        `  .: {}\n\n  packages/a:\n    dependencies:\n${entry('b', 'workspace:*', 'link:../b')}${LOCKED_LODASH}\n  packages/b: {}\n`,
      ),
    },
  ],
  [
    'peers that pnpm was told not to install',
    {
      ...manifest({ peerDependencies: { koa: '1' } }),
      ...pnpmLock('  .: {}\n', '', PNPM_HEAD.replace('true', 'false')),
    },
  ],
  [
    'a dependency that is overridden',
    {
      ...asking({ lodash: '3' }),
      ...pnpmLock(root(entry('lodash', '4.17.20', '4.17.20')), '', `${PNPM_HEAD}overrides:\n  lodash: 4.17.20\n\n`),
    },
  ],
  [
    'version 6',
    {
      ...asking({ lodash: '^4.17.0', alias: 'npm:lodash@4' }),
      'pnpm-lock.yaml': `lockfileVersion: '6.0'\n\ndependencies:\n  lodash:\n    specifier: ^4.17.0\n    version: 4.17.20\n  alias:\n    specifier: npm:lodash@4\n    version: /lodash@4.17.20\n\npackages:\n\n  /lodash@4.17.20:\n    resolution: {integrity: sha512-x==}\n    dev: false\n`,
    },
  ],
];

const yarnLock = (entries: string, version = 8): Files => ({
  'yarn.lock': `# comment\n\n__metadata:\n  version: ${version}\n  cacheKey: 10c0\n\n"lodash@npm:^4.17.0, lodash@npm:^4.17.20":\n  version: 4.17.20\n  resolution: "lodash@npm:4.17.20"\n  languageName: node\n  linkType: hard\n${entries}`,
});
const yarnEntry = (descriptor: string, resolution: string, dependencies = ''): string =>
  `\n"${descriptor}":\n  version: 1.0.0\n  resolution: "${resolution}"\n${dependencies}  linkType: hard\n`;
const ofYarn = 'yarn.lock is not of this package.json: it ';

const YARN_GAPS: readonly Case[] = [
  ['a dependency', { ...asking({ koa: '1' }), ...yarnLock('') }, `${ofYarn}lacks koa@1. Run yarn install`],
  ['an optional one', { ...manifest({ optionalDependencies: { koa: '1' } }), ...yarnLock('') }, `${ofYarn}lacks koa@1`],
  ['another range', { ...asking({ lodash: '^4.17.1' }), ...yarnLock('') }, `${ofYarn}lacks lodash@^4.17.1`],
  [
    'another version',
    { ...asking({ koa: '^2.0.0' }), ...yarnLock(yarnEntry('koa@npm:^2.0.0', 'koa@npm:1.0.0')) },
    'koa 1.0.0 where ^2.0.0',
  ],
  [
    'what a package depends on',
    {
      ...asking({ koa: '1' }),
      ...yarnLock(yarnEntry('koa@npm:1', 'koa@npm:1.0.0', '  dependencies:\n    qs: "npm:^6.0.0"\n')),
    },
    `${ofYarn}lacks qs of koa@npm:^6.0.0`,
  ],
  [
    'a workspace',
    { ...manifest({ workspaces: ['packages/*'] }), ...memberOf('packages/a', {}), ...yarnLock('') },
    `${ofYarn}lacks the workspace packages/a`,
  ],
  [
    'a dependency of a workspace',
    {
      ...manifest({ workspaces: ['packages/{a,b}'] }),
      ...memberOf('packages/a', { dependencies: { koa: '1' } }),
      ...yarnLock(yarnEntry('a@workspace:packages/a', 'a@workspace:packages/a')),
    },
    `${ofYarn}lacks koa of packages/a@1`,
  ],
  ['a newer lock file', { ...asking({}), ...yarnLock('', 11) }, 'yarn.lock is of version 11, which is not known here'],
  ['git', { ...asking({ own: 'acme/own' }), ...yarnLock('') }, `${noAdvisory}own (from git) in yarn.lock`],
  ['a portal', { ...asking({ own: 'portal:../own' }), ...yarnLock('') }, `${noAdvisory}own (from a file)`],
  [
    'a patch, of which only the newest Yarn asks',
    { ...asking({ lodash: 'patch:lodash@npm%3A4#~/.yarn/patches/lodash.patch' }), ...yarnLock('') },
    `${noAdvisory}lodash (patched)`,
  ],
  [
    'a resolution to a URL',
    {
      ...manifest({ dependencies: { lodash: '^4.17.0' }, resolutions: { qs: 'https://h.example/qs.tgz' } }),
      ...yarnLock(''),
    },
    `${noAdvisory}qs (from a URL)`,
  ],
  [
    'git below another',
    {
      ...asking({ koa: '1' }),
      ...yarnLock(yarnEntry('koa@npm:1', 'koa@npm:1.0.0', '  dependencies:\n    own: "acme/own"\n')),
    },
    `${noAdvisory}own of koa (from git)`,
  ],
];

const YARN_WHOLE: readonly (readonly [string, Files])[] = [
  [
    'ranges, workspaces, long keys and what Yarn patches by itself',
    {
      ...manifest({ workspaces: ['packages/*'], dependencies: { lodash: '^4.17.0', a: 'workspace:^' } }),
      ...memberOf('packages/a', { dependencies: { koa: '1', resolve: '^1.0.0' }, peerDependencies: { qs: '6' } }),
      ...yarnLock(
        [
          yarnEntry('a@workspace:^, a@workspace:packages/a', 'a@workspace:packages/a'),
          '\n? "koa@npm:1"\n:\n  version: 1.0.0\n  resolution: "koa@npm:1.0.0"\n',
          yarnEntry('resolve@npm:^1.0.0', 'resolve@npm:1.0.0'),
          yarnEntry(
            'resolve@patch:resolve@npm%3A^1.0.0#optional!builtin<compat/resolve>',
            'resolve@patch:resolve@npm%3A1.0.0',
          ),
        ].join(''),
      ),
    },
  ],
  [
    'catalogs and resolutions',
    {
      ...manifest({ dependencies: { lodash: 'catalog:', koa: '2' }, resolutions: { koa: '1.0.0' } }),
      ...yarnLock(yarnEntry('koa@npm:1.0.0', 'koa@npm:1.0.0')),
    },
  ],
];

const bunLock = (workspaces: object, packages: object, more: object = {}): Files => ({
  'bun.lock': JSON.stringify({
    lockfileVersion: 1,
    workspaces,
    packages: { lodash: ['lodash@4.17.20', '', {}, 'sha512-x'], ...packages },
    ...more,
  })
    .replaceAll('}', ',\n}')
    .replaceAll('{,', '{'),
});
const bunRoot = (dependencies: object): object => ({ '': { name: 'host', dependencies } });
const ofBun = 'bun.lock is not of this package.json: it ';

const koaOfBun = (about: object, packages: object): Files =>
  bunLock(bunRoot({ koa: '1' }), { koa: ['koa@1.0.0', '', about, 'x'], ...packages });

const BUN_GAPS: readonly Case[] = [
  [
    'an optional dependency of a package, from git',
    {
      ...asking({ koa: '1' }),
      ...koaOfBun({ optionalDependencies: { own: 'acme/own' } }, { own: ['own@github:acme/own#ab', {}, 'own-ab'] }),
    },
    `${noAdvisory}own of koa (from git) in bun.lock`,
  ],
  [
    'an installed peer of a package, from git',
    {
      ...asking({ koa: '1' }),
      ...koaOfBun({ peerDependencies: { own: '1' } }, { own: ['own@github:acme/own#ab', {}, 'own-ab'] }),
    },
    `${noAdvisory}own of koa (from git) in bun.lock`,
  ],
  ['a dependency', { ...asking({ koa: '1' }), ...bunLock(bunRoot({}), {}) }, `${ofBun}lacks koa. Run bun install`],
  [
    'an optional one',
    { ...manifest({ optionalDependencies: { koa: '1' } }), ...bunLock(bunRoot({}), {}) },
    `${ofBun}lacks koa`,
  ],
  ['a peer', { ...manifest({ peerDependencies: { koa: '1' } }), ...bunLock(bunRoot({}), {}) }, `${ofBun}lacks koa`],
  [
    'another range',
    { ...asking({ lodash: '^4.17.1' }), ...bunLock(bunRoot({ lodash: '^4.17.0' }), {}) },
    'lodash ^4.17.0 where ^4.17.1',
  ],
  [
    'another version',
    { ...asking({ lodash: '^5' }), ...bunLock(bunRoot({ lodash: '^5' }), {}) },
    'lodash 4.17.20 where ^5',
  ],
  ['the package itself', { ...asking({ koa: '1' }), ...bunLock(bunRoot({ koa: '1' }), {}) }, `${ofBun}lacks koa`],
  [
    'what a package depends on',
    {
      ...asking({ koa: '1' }),
      ...bunLock(bunRoot({ koa: '1' }), { koa: ['koa@1.0.0', '', { dependencies: { qs: '6' } }, 'x'] }),
    },
    `${ofBun}lacks qs of koa`,
  ],
  [
    'a workspace',
    { ...manifest({ workspaces: ['packages/*'] }), ...memberOf('packages/a', {}), ...bunLock(bunRoot({}), {}) },
    `${ofBun}lacks the workspace packages/a`,
  ],
  [
    'git',
    {
      ...asking({ own: 'acme/own' }),
      ...bunLock(bunRoot({ own: 'acme/own' }), { own: ['own@github:acme/own#ab', {}, 'own-ab'] }),
    },
    `${noAdvisory}own (from git) in bun.lock`,
  ],
  [
    'another registry, of which Bun does not ask',
    {
      ...asking({ own: '1' }),
      ...bunLock(bunRoot({ own: '1' }), { own: ['own@1.0.0', 'https://r.example/own.tgz', {}, 'x'] }),
    },
    `${noAdvisory}own (from another registry)`,
  ],
  [
    'a newer lock file',
    { ...asking({}), ...bunLock(bunRoot({}), {}, { lockfileVersion: 7 }) },
    'has the lockfileVersion 7, which',
  ],
  ['half of it', { ...asking({}), 'bun.lock': '{ "lockfileVersion": 1,' }, 'bun.lock is broken'],
];

const BUN_WHOLE: readonly (readonly [string, Files])[] = [
  [
    'workspaces, scopes and versions of their own',
    {
      ...manifest({ workspaces: ['packages/*'], dependencies: { '@s/koa': '1', lodash: '^4' } }),
      ...memberOf('packages/a', { dependencies: { lodash: '3', b: 'workspace:*' } }),
      ...memberOf('packages/b', {}),
      ...bunLock(
        {
          ...bunRoot({ '@s/koa': '1', lodash: '^4' }),
          'packages/a': { name: 'a', dependencies: { lodash: '3', b: 'workspace:*' } },
          'packages/b': { name: 'b' },
        },
        {
          a: ['a@workspace:packages/a'],
          b: ['b@workspace:packages/b'],
          'a/lodash': ['lodash@3.1.0', '', {}, 'x'],
          '@s/koa': ['@s/koa@1.0.0', 'https://registry.npmjs.org/@s/koa.tgz', { dependencies: { '@s/qs': '6' } }, 'x'],
          '@s/koa/@s/qs': ['@s/qs@6.0.0', '', { dependencies: { lodash: '4' } }, 'x'],
        },
      ),
    },
  ],
];

describe('a lock file', () => {
  const { project, commands, env } = useScannedProjects();

  const scan = async (files: Files): Promise<ScanResult> => {
    const { result } = await scanDependencies({
      folder: project(files),
      ...PLAN,
      env: env({ PATH: `${commands(CLEAN_MANAGERS)}:${NODE_PATH}` }),
    });
    return result;
  };

  describe.each([
    ['npm', NPM_GAPS, NPM_WHOLE],
    ['pnpm', PNPM_GAPS, PNPM_WHOLE],
    ['Yarn', YARN_GAPS, YARN_WHOLE],
    ['Bun', BUN_GAPS, BUN_WHOLE],
  ] as const)('of %s', (_manager, gaps, whole) => {
    it.each(gaps)(
      'is not the whole of what is installed, and never clean, without %s',
      async (_what, files, reason) => {
        expect(await scan(files)).toMatchObject({
          status: 'failed',
          verdict: 'unknown',
          reason: expect.stringContaining(reason),
          error: { code: 'SCAN_UNKNOWN' },
        });
      },
    );

    it.each(whole)('is the whole with %s', async (_what, files) => {
      const { verdict, reason } = await scan(files);
      expect({ verdict, reason }).toEqual({ verdict: 'clean', reason: undefined });
    });
  });

  it('is named without a word of where its packages come from, which may hold a password', async () => {
    const result = await scan({
      ...asking({ own: 'https://u:hidden-word@h.example/own.tgz' }),
      ...npmLock({ 'node_modules/own': { version: '1.0.0' } }),
    });
    expect(result).toMatchObject({ verdict: 'unknown', reason: expect.stringContaining('own (from a URL)') });
    expect(JSON.stringify(result)).not.toContain('hidden-word');
  });
});
