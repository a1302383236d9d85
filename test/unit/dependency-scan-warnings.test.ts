import { describe, expect, it } from '@jest/globals';
import { dependencyScanComplaint, dependencyScanText } from '../../src/dependency-scan/dependency-scan-text.js';
import type { DependencyScanReport, Vulnerability } from '../../src/dependency-scan/dependency-scan-report.js';
import { staleAllowancesWarning, vulnerabilityWarnings } from '../../src/dependency-scan/dependency-scan-warnings.js';

const lodash: Vulnerability = {
  id: 'GHSA-35jh-r3h4-6jhm',
  package: 'lodash',
  severity: 'high',
  title: 'Command Injection in lodash',
  url: null,
  range: '<4.17.21',
  fixAvailable: true,
};
const report: DependencyScanReport = {
  task: 'dependency-scan',
  status: 'succeeded',
  dryRun: false,
  runId: 'run-1',
  runAt: '2026-03-01T04:00:00.000000Z',
  durationMs: 1_500,
  stopReason: null,
  cancelledBy: null,
  force: false,
  startedBy: null,
  isUncertain: false,
  verdict: 'vulnerable',
  level: 'high',
  packageManager: 'npm',
  lockFile: 'package-lock.json',
  counts: { critical: 0, high: 2, moderate: 0, low: 1, info: 0 },
  atOrAboveLevel: 2,
  vulnerabilities: [lodash],
  allowed: [],
  staleAllowances: [],
};
const plain = (_style: string, text: string): string => text;

describe('the warnings of a scan', () => {
  it('are a line each, with the advisory and whether there is a fix', () => {
    expect(vulnerabilityWarnings(report, [lodash, { ...lodash, fixAvailable: null }])).toEqual([
      'dependency-scan run-1: high vulnerability in lodash <4.17.21: Command Injection in lodash (GHSA-35jh-r3h4-6jhm, a fix is available)',
      'dependency-scan run-1: high vulnerability in lodash <4.17.21: Command Injection in lodash (GHSA-35jh-r3h4-6jhm)',
    ]);
  });

  it('are 20 at most, and one about the others', () => {
    const of = (count: number) =>
      vulnerabilityWarnings(
        report,
        Array.from({ length: count }, () => lodash),
      );
    expect(of(20)).toHaveLength(20);
    expect(of(27)).toHaveLength(21);
    expect(of(27).at(-1)).toBe('dependency-scan run-1: and 7 more at or above high');
  });

  it('name the entries of the allow-list that do nothing', () => {
    expect(staleAllowancesWarning(report)).toBeUndefined();
    const staleAllowances = [{ id: 'a', reason: 'r', expires: '2026-01-01' }];
    expect(staleAllowancesWarning({ ...report, staleAllowances })).toMatch(/no longer needed: a \(until 2026-01-01\)$/);
  });
});

describe('the text of a scan', () => {
  it('lists what the report lists and counts the rest', () => {
    expect(dependencyScanText(report, plain)).toBe(
      [
        'severity  package  versions  fix  advisory             title',
        'high      lodash   <4.17.21  yes  GHSA-35jh-r3h4-6jhm  Command Injection in lodash',
        'and 2 more',
        '',
        'vulnerable: 2 high, 1 low by npm audit of package-lock.json in 1.5 s (run run-1 at 2026-03-01T04:00:00.000000Z)',
      ].join('\n'),
    );
    expect(dependencyScanComplaint(report)).toBe('scan-dependencies found 2 known vulnerabilities at or above high');
  });

  it('never reads as clean when it could not be told', () => {
    const unknown: DependencyScanReport = {
      ...report,
      status: 'failed',
      verdict: 'unknown',
      packageManager: null,
      lockFile: null,
      counts: { critical: 0, high: 0, moderate: 0, low: 0, info: 0 },
      atOrAboveLevel: 0,
      vulnerabilities: [],
      reason: 'There is no lock file',
      error: { code: 'SCAN_UNKNOWN', retryable: true, message: 'There is no lock file' },
    };
    expect(dependencyScanText(unknown, plain)).toMatch(
      /^unknown: could not tell whether there are known vulnerabilities in /,
    );
    expect(dependencyScanComplaint(unknown)).toBe('scan-dependencies failed (SCAN_UNKNOWN): There is no lock file');
  });
});
