import { describe, expect, it } from '@jest/globals';
import { npmAudit } from '../../src/dependency-scan/audits/npm-audit.js';
import type { AuditedProject, PackageAudit } from '../../src/dependency-scan/audits/package-audit.js';
import { pnpmAudit } from '../../src/dependency-scan/audits/pnpm-audit.js';
import { yarnAudit } from '../../src/dependency-scan/audits/yarn-audit.js';
import { bunAudit } from '../../src/dependency-scan/audits/bun-audit.js';
import type { PackageManagerName } from '../../src/dependency-scan/dependency-scan-report.js';
import type { Finding } from '../../src/dependency-scan/finding.js';
import { BUN_LOCK, NPM_LOCK, PNPM_LOCK, YARN_LOCK } from '../support/scanned-project.js';

const project = (packageManager: PackageManagerName, text: string, manifest = {}): AuditedProject => ({
  lockFile: { name: 'the lock', packageManager, text },
  manifest,
  members: [{ folder: '', manifest }],
});
const NPM = project('npm', NPM_LOCK);
const PNPM = project('pnpm', PNPM_LOCK);
const YARN = project('yarn', YARN_LOCK);

type Output = Partial<Parameters<PackageAudit['read']>[0]>;
const read = (audit: PackageAudit, of: AuditedProject, output: Output): readonly Finding[] =>
  audit.read({ exitCode: 0, stdout: '', log: '', ...output }, of);

function npmReport({ vulnerabilities = {}, total = Object.keys(vulnerabilities).length, packages = 2 } = {}): string {
  const metadata = { vulnerabilities: { total }, dependencies: { prod: packages, total: packages } };
  return JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata });
}

const VIA_LODASH = {
  source: 1_106_913,
  name: 'lodash',
  dependency: 'lodash',
  title: 'Command Injection in lodash',
  url: 'https://github.com/advisories/GHSA-35jh-r3h4-6jhm',
  severity: 'high',
  range: '<4.17.21',
};

describe('the report of npm', () => {
  it('gives an advisory once, under the package that has it', () => {
    const vulnerabilities = {
      lodash: { name: 'lodash', severity: 'high', via: [VIA_LODASH], fixAvailable: true },
      async: { name: 'async', severity: 'high', via: ['lodash'], fixAvailable: { name: 'async', version: '3.0.0' } },
    };
    expect(read(npmAudit, NPM, { stdout: npmReport({ vulnerabilities }), exitCode: 1 })).toMatchObject([
      { id: 'GHSA-35jh-r3h4-6jhm', package: 'lodash', range: '<4.17.21', fixAvailable: true },
    ]);
  });

  it('is judged by what it says and not by the exit code, which audit-level changes', () => {
    const vulnerabilities = { lodash: { severity: 'high', via: [VIA_LODASH], fixAvailable: false } };
    expect(read(npmAudit, NPM, { stdout: npmReport({ vulnerabilities }), exitCode: 0 })).toHaveLength(1);
  });

  it('is clean with an answer of no advisories, or of such as concern nobody', () => {
    for (const answer of [
      '{}',
      '{ lodash: [ { id: 1 } ] }',
      "{ '@a/b': [ [Object] ] }",
      '{\nnpm silly audit report   lodash: [',
    ]) {
      const log = `npm silly audit bulk request { lodash: [ '4.17.20' ] }\nnpm silly audit report ${answer}\n`;
      expect(read(npmAudit, NPM, { stdout: npmReport(), log })).toEqual([]);
    }
  });

  it('is clean when the log says nothing of the answer', () => {
    expect(read(npmAudit, NPM, { stdout: npmReport() })).toEqual([]);
  });

  it.each([
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', "{ error: '' }"],
  ])('is not clean when the registry answered with %s', (_what, answer) => {
    const log = `npm sill audit report ${answer}\n`;
    expect(() => read(npmAudit, NPM, { stdout: npmReport(), log })).toThrow('no list of advisories');
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'npm error'],
    ['an empty object', '{}'],
    ['an error', '{"error":{"code":"ENOLOCK","summary":"secret words","detail":""}}'],
    ['an older report', '{"actions":[],"advisories":{},"metadata":{"vulnerabilities":{}}}'],
    ['a newer report', npmReport().replace('"auditReportVersion":2', '"auditReportVersion":3')],
    ['an unknown severity', npmReport({ vulnerabilities: { a: { severity: 'dire', via: [VIA_LODASH] } } })],
    ['a vulnerability without a cause', npmReport({ vulnerabilities: { a: { severity: 'high', via: [] } } })],
  ])('is none when it is %s', (_what, stdout) => {
    expect(() => read(npmAudit, NPM, { stdout })).toThrow(/^npm audit gave no report( \(ENOLOCK\))?: run it by hand/);
  });

  it.each([
    ['counts what it does not list', npmReport({ total: 1 })],
    [
      'lists what it does not count',
      npmReport({ vulnerabilities: { lodash: { severity: 'high', via: [VIA_LODASH] } }, total: 0 }),
    ],
    [
      'names causes alone that it does not list',
      npmReport({ vulnerabilities: { a: { severity: 'high', via: ['b'] } } }),
    ],
  ])('contradicts itself when it %s', (_what, stdout) => {
    expect(() => read(npmAudit, NPM, { stdout })).toThrow('contradicts itself');
  });

  it('is not clean with an exit code, or without packages where the lock file has some', () => {
    expect(() => read(npmAudit, NPM, { stdout: npmReport(), exitCode: 1 })).toThrow('ended with exit code 1');
    expect(() => read(npmAudit, NPM, { stdout: npmReport(), exitCode: null })).toThrow('ended with exit code none');
    expect(() => read(npmAudit, NPM, { stdout: npmReport({ packages: 0 }) })).toThrow('saw no packages');
  });
});

describe('the lock file of npm', () => {
  it.each([
    ['cut off', NPM_LOCK.slice(0, -20)],
    ['empty', ''],
    ['a list', '[]'],
    ['without its packages', '{"lockfileVersion":3}'],
    ['without its version', '{"packages":{}}'],
  ])('is broken when it is %s', (_what, text) => {
    expect(() => npmAudit.assertAuditable(project('npm', text))).toThrow('the lock is broken');
  });

  it('is broken with the marks of a merge', () => {
    const text = `<<<<<<< HEAD\n${NPM_LOCK}\n=======\n{}\n>>>>>>> other\n`;
    expect(() => npmAudit.assertAuditable(project('npm', text))).toThrow('a merge that was not finished');
  });

  it('must hold what the package.json depends on', () => {
    const stale = project('npm', NPM_LOCK, { dependencies: { lodash: '1', express: '4', koa: '2' } });
    expect(() => npmAudit.assertAuditable(stale)).toThrow(
      'the lock is not of this package.json: it lacks express, koa, and it holds lodash 4.17.20 where 1 is asked for. Run npm install',
    );
    npmAudit.assertAuditable(project('npm', NPM_LOCK, { dependencies: { lodash: '4.17.20' } }));
  });

  it('may be of version 1', () => {
    const text = '{"lockfileVersion":1,"dependencies":{"lodash":{"version":"4.17.20"}}}';
    npmAudit.assertAuditable(project('npm', text, { dependencies: { lodash: '4.17.20' } }));
    expect(() => read(npmAudit, project('npm', text), { stdout: npmReport({ packages: 0 }) })).toThrow(
      'saw no packages',
    );
  });
});

const PNPM_ADVISORY = {
  findings: [{ version: '4.17.20', paths: ['.>lodash'] }],
  id: 1_106_913,
  title: 'Command Injection in lodash',
  module_name: 'lodash',
  vulnerable_versions: '<4.17.21',
  patched_versions: '>=4.17.21',
  severity: 'high',
  github_advisory_id: 'GHSA-35jh-r3h4-6jhm',
  url: 'https://github.com/advisories/GHSA-35jh-r3h4-6jhm',
};

function pnpmReport(advisories: object, counts = {}, totalDependencies = 1): string {
  const vulnerabilities = { info: 0, low: 0, moderate: 0, high: 0, critical: 0, ...counts };
  const metadata = {
    vulnerabilities,
    dependencies: totalDependencies,
    devDependencies: 0,
    optionalDependencies: 0,
    totalDependencies,
  };
  return JSON.stringify({ actions: [], advisories, muted: [], metadata }, null, 2);
}

describe('the report of pnpm', () => {
  it('gives each advisory', () => {
    const unfixable = {
      ...PNPM_ADVISORY,
      id: 8,
      github_advisory_id: undefined,
      url: 'https://x/8',
      patched_versions: '<0.0.0',
    };
    const stdout = pnpmReport({ '8': PNPM_ADVISORY, '9': unfixable }, { high: 2 });
    expect(read(pnpmAudit, PNPM, { stdout, exitCode: 1 })).toMatchObject([
      {
        id: 'GHSA-35jh-r3h4-6jhm',
        ids: expect.arrayContaining(['1106913']),
        package: 'lodash',
        range: '<4.17.21',
        fixAvailable: true,
      },
      { id: '8', fixAvailable: false },
    ]);
  });

  it('is clean without any', () => {
    expect(read(pnpmAudit, PNPM, { stdout: pnpmReport({}) })).toEqual([]);
  });

  it.each([
    [
      'an error of its own',
      '{"error":{"code":"ERR_PNPM_AUDIT_BAD_RESPONSE","message":"The audit endpoint (at http://u:p@h) responded with 500: secret"}}',
      'pnpm audit failed: the registry answered with HTTP 500',
    ],
    [
      'an error of the network',
      '{"error":{"code":"ECONNREFUSED","message":"request to http://h failed"}}',
      'could not be reached (ECONNREFUSED)',
    ],
    [
      'a missing endpoint',
      '{"error":{"code":"ERR_PNPM_AUDIT_ENDPOINT_NOT_EXISTS","message":"m"}}',
      'gave no report (ERR_PNPM_AUDIT_ENDPOINT_NOT_EXISTS)',
    ],
    ['words', 'The audit endpoint is busy', 'gave no report'],
    ['nothing', '', 'gave no report'],
  ])('is none when it is %s', (_what, stdout, reason) => {
    expect(() => read(pnpmAudit, PNPM, { stdout, exitCode: 1 })).toThrow(reason);
  });

  it('is not clean when it hides what it counts, saw no packages, or ended with an exit code', () => {
    expect(() => read(pnpmAudit, PNPM, { stdout: pnpmReport({}, { high: 1 }) })).toThrow(
      'counted 1 vulnerabilities and listed none',
    );
    expect(() => read(pnpmAudit, PNPM, { stdout: pnpmReport({}, {}, 0) })).toThrow('saw no packages');
    expect(() => read(pnpmAudit, PNPM, { stdout: pnpmReport({}), exitCode: 1 })).toThrow('exit code 1');
    expect(() => read(pnpmAudit, PNPM, { stdout: pnpmReport({}), exitCode: null })).toThrow('exit code none');
  });

  it('is not asked for without a lockfileVersion', () => {
    expect(() => pnpmAudit.assertAuditable(project('pnpm', 'packages:\n'))).toThrow('the lock is broken');
    pnpmAudit.assertAuditable(PNPM);
  });
});

const YARN_LINE =
  '{"value":"lodash","children":{"ID":1106913,"Issue":"Command Injection in lodash","URL":"https://github.com/advisories/GHSA-35jh-r3h4-6jhm","Severity":"high","Vulnerable Versions":"<4.17.21","Tree Versions":["4.17.20"],"Dependents":["host@workspace:."]}}';

describe('the report of Yarn', () => {
  it('gives an advisory a line', () => {
    const stdout = `${YARN_LINE}\n${YARN_LINE.replaceAll('lodash', 'minimist')}\n`;
    expect(read(yarnAudit, YARN, { stdout, exitCode: 1 })).toMatchObject([
      { id: 'GHSA-35jh-r3h4-6jhm', package: 'lodash', severity: 'high', range: '<4.17.21', fixAvailable: null },
      { package: 'minimist' },
    ]);
  });

  it('is the older report of Yarn 2 and 3', () => {
    const stdout = JSON.stringify({
      actions: [],
      advisories: { 1: PNPM_ADVISORY },
      muted: [],
      metadata: { vulnerabilities: { high: 1 }, totalDependencies: 1 },
    });
    expect(read(yarnAudit, YARN, { stdout })).toMatchObject([{ id: 'GHSA-35jh-r3h4-6jhm' }]);
  });

  it('is clean in the words of Yarn 2 and 3, unless it counts what it does not list', () => {
    expect(read(yarnAudit, YARN, { stdout: pnpmReport({}).replaceAll('\n', '') })).toEqual([]);
    const hiding = pnpmReport({}, { high: 1 }).replaceAll('\n', '');
    expect(() => read(yarnAudit, YARN, { stdout: hiding })).toThrow('yarn audit gave no report');
  });

  it('is clean when it is empty, or but a notice, and Yarn says it went well', () => {
    expect(read(yarnAudit, YARN, {})).toEqual([]);
    const notice = '{"type":"info","name":1,"displayName":"YN0001","indent":"","data":"No audit suggestions"}\n';
    expect(read(yarnAudit, YARN, { stdout: notice })).toEqual([]);
  });

  it.each([
    [
      'a failed request',
      '➤ YN0035: The remote server failed\n➤ YN0035:   Response Code: 500 (Internal Server Error)\n',
      'the registry answered with HTTP 500',
    ],
    [
      'no JSON',
      '➤ YN0001: RequestError: Unexpected token \'<\', "<html>" is not valid JSON in "http://h"\n',
      "the registry's answer is no JSON",
    ],
    ['an internal error', 'Internal Error: host@workspace:.: This package\n', 'yarn audit gave no report'],
    ['nothing', '', 'yarn audit gave no report'],
    ['an error line', '{"type":"error","data":"secret"}\n', 'yarn audit gave no report'],
    ['a line of an unknown severity', YARN_LINE.replace('"high"', '"dire"'), 'yarn audit gave no report'],
    ['half a report', `${YARN_LINE}\n${YARN_LINE.slice(0, 40)}`, 'yarn audit gave no report'],
  ])('is none when it is %s', (_what, stdout, reason) => {
    expect(() => read(yarnAudit, YARN, { stdout, exitCode: 1 })).toThrow(reason);
  });

  it('is not asked of Yarn 1, or with a broken lock file', () => {
    expect(() => yarnAudit.assertAuditable(project('yarn', '# yarn lockfile v1\n\n'))).toThrow(
      'yarn.lock is of Yarn 1',
    );
    expect(() => yarnAudit.assertAuditable(project('yarn', 'lodash:\n'))).toThrow('yarn.lock is broken');
    yarnAudit.assertAuditable(YARN);
  });

  it('is asked for without deprecations where Yarn knows of them', () => {
    expect(yarnAudit.args(YARN, 1)).toContain('--no-deprecations');
    for (const older of ['__metadata:\n  version: 6\n', '']) {
      expect(yarnAudit.args(project('yarn', older), 1)).not.toContain('--no-deprecations');
    }
  });
});

const BUN_ANSWER = JSON.stringify({
  lodash: [
    {
      id: 1_106_913,
      url: 'https://github.com/advisories/GHSA-35jh-r3h4-6jhm',
      title: 'Command Injection in lodash',
      severity: 'high',
      vulnerable_versions: '<4.17.21',
      cwe: ['CWE-77'],
      cvss: { score: 7.2, vectorString: null },
    },
  ],
});

describe('the report of Bun', () => {
  const BUN = project('bun', BUN_LOCK);

  it('is the answer of the registry', () => {
    for (const exitCode of [0, 1]) {
      expect(read(bunAudit, BUN, { stdout: `${BUN_ANSWER}\n`, exitCode })).toMatchObject([
        { id: 'GHSA-35jh-r3h4-6jhm', package: 'lodash', severity: 'high', range: '<4.17.21', fixAvailable: null },
      ]);
    }
  });

  it('is clean when it is empty, and Bun says it went well', () => {
    expect(read(bunAudit, BUN, { stdout: '{}\n' })).toEqual([]);
    expect(() => read(bunAudit, BUN, { stdout: '{}\n', exitCode: 1 })).toThrow('ended with exit code 1');
    expect(() => read(bunAudit, BUN, { stdout: '{}\n', exitCode: null })).toThrow('ended with exit code none');
  });

  it.each([
    ['nothing', '', ''],
    ['words', 'No vulnerabilities found\n', ''],
    ['a list', '[]', ''],
    ['null', 'null', ''],
    ['an error', '{"error":"busy"}', ''],
    ['a package without an advisory', '{"lodash":[]}', ''],
    ['an unknown severity', BUN_ANSWER.replace('"high"', '"dire"'), ''],
    ['an error of the registry', '', 'error: audit request failed (status 503)'],
  ])('is none when it is %s', (_what, stdout, log) => {
    expect(() => read(bunAudit, BUN, { stdout, log })).toThrow(
      log === '' ? 'bun audit gave no report' : 'bun audit failed: the registry answered with HTTP 503',
    );
  });
});
