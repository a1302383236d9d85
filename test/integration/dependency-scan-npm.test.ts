import { beforeEach, describe, expect, it } from '@jest/globals';
import { scanDependencies } from '../../src/dependency-scan/scan-dependencies.js';
import type { ScanPlan, ScanResult } from '../../src/dependency-scan/scan-result.js';
import { advisories, answer, hang, LODASH_ADVISORY, useAdvisoryServer } from '../support/advisory-server.js';
import { NPM_LOCK, useScannedProjects } from '../support/scanned-project.js';

describe('a scan by the real npm', () => {
  const server = useAdvisoryServer();
  const { project, commands, env } = useScannedProjects();

  beforeEach(() => server.answerWith(advisories({})));

  const scan = async (plan: Partial<ScanPlan> = {}): Promise<ScanResult> => {
    const { result } = await scanDependencies({
      folder: project(),
      level: 'high',
      timeoutMs: 60_000,
      trustsProject: false,
      allow: [],
      today: '2026-06-30',
      env: env({ npm_config_registry: server.url }),
      ...plan,
    });
    return result;
  };

  it('is clean when the registry knows of nothing', async () => {
    expect(await scan()).toEqual({
      status: 'succeeded',
      verdict: 'clean',
      level: 'high',
      packageManager: 'npm',
      lockFile: 'package-lock.json',
      counts: { critical: 0, high: 0, moderate: 0, low: 0, info: 0 },
      atOrAboveLevel: 0,
      vulnerabilities: [],
      allowed: [],
      staleAllowances: [],
    });
    expect(server.questions).toHaveLength(1);
  });

  it('names each vulnerability of what is installed in production, the worst first', async () => {
    const low = {
      ...LODASH_ADVISORY,
      id: 7,
      url: 'https://example.com/7',
      severity: 'low',
      title: 'Odd',
      vulnerable_versions: '*',
    };
    server.answerWith(
      advisories({ lodash: [low, LODASH_ADVISORY], minimist: [{ ...LODASH_ADVISORY, vulnerable_versions: '*' }] }),
    );
    expect(await scan()).toMatchObject({
      status: 'succeeded',
      verdict: 'vulnerable',
      counts: { critical: 0, high: 1, moderate: 0, low: 1, info: 0 },
      atOrAboveLevel: 1,
      vulnerabilities: [
        {
          id: 'GHSA-35jh-r3h4-6jhm',
          package: 'lodash',
          severity: 'high',
          title: 'Command Injection in lodash',
          url: 'https://github.com/advisories/GHSA-35jh-r3h4-6jhm',
          range: '<4.17.21',
          fixAvailable: false,
        },
        { id: '7', package: 'lodash', severity: 'low', title: 'Odd', range: '*' },
      ],
    });
  });

  it.each([
    ['HTTP 400', answer(400, '{"error":"bad request"}'), 'npm audit failed: the registry answered with HTTP 400'],
    ['HTTP 500', answer(500, 'oops'), 'npm audit failed: the registry answered with HTTP 500'],
    ['HTTP 500 with a clean answer', answer(500, '{}'), 'npm audit failed: the registry answered with HTTP 500'],
    ['garbage', answer(200, '<html>busy</html>'), "npm audit failed: the registry's answer is no JSON"],
    ['an answer that is cut', answer(200, '{"lodash":[{"id":1'), "npm audit failed: the registry's answer is no JSON"],
    ['an error object', answer(200, '{"error":{"code":"E","message":"m"}}'), 'npm audit gave no report'],
    ['an error text', answer(200, '{"error":"maintenance"}'), 'npm audit gave no report'],
    ['an error without words', answer(200, '{"error":""}'), 'the registry gave it no list of advisories'],
    ['an empty answer', answer(200, ''), "npm audit failed: the registry's answer is no JSON"],
    ['no content', answer(204, ''), "npm audit failed: the registry's answer is no JSON"],
    ['null', answer(200, 'null'), 'the registry gave it no list of advisories'],
    ['a list', answer(200, '[]'), 'the registry gave it no list of advisories'],
  ] as const)('is unknown, and no success, when the registry answers with %s', async (_what, given, reason) => {
    server.answerWith(given);
    const result = await scan();
    expect(server.questions).not.toHaveLength(0);
    expect(result).toMatchObject({
      status: 'failed',
      verdict: 'unknown',
      vulnerabilities: [],
      reason: expect.stringContaining(reason),
      error: { code: 'SCAN_UNKNOWN', message: result.reason },
    });
  });

  it('is unknown when the registry does not answer in time', async () => {
    server.answerWith(hang);
    expect(await scan({ timeoutMs: 6_000 })).toMatchObject({
      status: 'failed',
      verdict: 'unknown',
      reason: 'npm audit did not end within 6 s and was killed',
    });
    expect(server.questions).toHaveLength(1);
  });

  it('is unknown when the registry is out of reach', async () => {
    const result = await scan({ env: env({ npm_config_registry: 'http://127.0.0.1:1/' }) });
    expect(result.reason).toBe('npm audit failed: the registry could not be reached (ECONNREFUSED)');
  });

  it.each(['.npmrc', 'the environment'])('asks although %s says to be offline', async (where) => {
    server.answerWith(advisories({ lodash: [LODASH_ADVISORY] }));
    const folder = project({
      'package-lock.json': NPM_LOCK,
      ...(where === '.npmrc' ? { '.npmrc': 'offline=true\n' } : {}),
    });
    const variables = where === '.npmrc' ? {} : { npm_config_offline: 'true', npm_config_include: 'dev' };
    expect(await scan({ folder, env: env({ npm_config_registry: server.url, ...variables }) })).toMatchObject({
      verdict: 'vulnerable',
    });
  });

  it.each(['workspaces=true', 'workspaces=false', 'workspace=a'])(
    'asks about the root and every workspace although .npmrc says %s',
    async (setting) => {
      server.answerWith(advisories({}));
      const locked = JSON.parse(NPM_LOCK) as { packages: Record<string, object> };
      const { '': _root, ...packages } = locked.packages;
      const folder = project({
        '.npmrc': `${setting}\n`,
        'package.json': '{ "name": "host", "workspaces": ["a", "b"], "dependencies": { "lodash": "4.17.20" } }',
        'a/package.json': '{ "name": "a", "version": "1.0.0" }',
        'b/package.json': '{ "name": "b", "version": "1.0.0", "dependencies": { "minimist": "1.2.0" } }',
        'package-lock.json': JSON.stringify({
          ...locked,
          packages: {
            '': { name: 'host', workspaces: ['a', 'b'], dependencies: { lodash: '4.17.20' } },
            a: { version: '1.0.0' },
            b: { version: '1.0.0', dependencies: { minimist: '1.2.0' } },
            'node_modules/a': { resolved: 'a', link: true },
            'node_modules/b': { resolved: 'b', link: true },
            ...packages,
            'node_modules/minimist': { version: '1.2.0' },
          },
        }),
      });
      for (const [name, advisory] of [
        ['lodash', LODASH_ADVISORY],
        ['minimist', LODASH_ADVISORY],
      ] as const) {
        server.answerWith(advisories({ [name]: [advisory] }));
        expect(await scan({ folder, trustsProject: true })).toMatchObject({
          verdict: 'vulnerable',
          vulnerabilities: [{ package: name }],
        });
      }
    },
  );

  it('looks at the folder and not at the workspace root that it belongs to', async () => {
    server.answerWith(advisories({ lodash: [LODASH_ADVISORY] }));
    const root = project({
      'package.json': '{ "name": "root", "workspaces": ["folder"] }',
      'package-lock.json': '{ "name": "root", "lockfileVersion": 3, "packages": { "": { "workspaces": ["folder"] } } }',
    });
    const { mkdirSync, writeFileSync } = await import('node:fs');
    mkdirSync(`${root}/folder`);
    writeFileSync(`${root}/folder/package.json`, '{ "name": "host", "dependencies": { "lodash": "4.17.20" } }');
    writeFileSync(`${root}/folder/package-lock.json`, NPM_LOCK);
    expect(await scan({ folder: `${root}/folder` })).toMatchObject({ verdict: 'vulnerable' });
  });

  it('is clean without asking when nothing is installed in production', async () => {
    const folder = project({
      'package.json': '{ "name": "host" }',
      'package-lock.json': '{ "name": "host", "lockfileVersion": 3, "packages": { "": { "name": "host" } } }',
    });
    expect(await scan({ folder })).toMatchObject({ verdict: 'clean' });
    expect(server.questions).toHaveLength(0);
  });

  it('is unknown when npm is not on the PATH', async () => {
    expect(await scan({ env: env({ PATH: commands({}) }) })).toMatchObject({
      status: 'failed',
      verdict: 'unknown',
      packageManager: 'npm',
      reason: 'npm is not on the PATH of this process',
    });
  });

  it('lets nobody see a secret of the registry URL, of .npmrc or of the environment, whatever comes back', async () => {
    const secrets = ['url-secret-1', 'rc-secret-2', 'env-secret-3', Buffer.from('x:auth-secret-4').toString('base64')];
    const folder = project({
      'package-lock.json': NPM_LOCK,
      '.npmrc': `//${server.host}/:_authToken=\${NPM_TOKEN}\n//elsewhere/:_authToken=rc-secret-2\n//other/:_auth=${secrets[3]}\n`,
    });
    const withSecrets = env({
      npm_config_registry: `http://user:url-secret-1@${server.host}/`,
      NPM_TOKEN: 'env-secret-3',
    });
    const echo = `no such token: env-secret-3 for http://user:url-secret-1@${server.host}/ rc-secret-2 ${secrets[3]}`;
    const titled = {
      ...LODASH_ADVISORY,
      title: `See http://user:url-secret-1@${server.host}/a`,
      url: `http://u:url-secret-1@${server.host}/b`,
    };
    const given = [
      answer(401, JSON.stringify({ error: echo })),
      answer(500, echo),
      answer(200, echo),
      advisories({ error: echo }),
      advisories({ lodash: [titled] }),
    ];
    for (const next of given) {
      server.answerWith(next);
      const text = JSON.stringify(await scan({ folder, env: withSecrets, trustsProject: true }));
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    }
    expect(server.authorizations.join()).toContain('env-secret-3');
  });
});
