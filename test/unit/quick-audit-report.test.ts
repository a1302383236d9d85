import { describe, expect, it } from '@jest/globals';
import { readQuickAuditReport } from '../../src/dependency-scan/audits/quick-audit-report.js';

describe('an audit report of the older kind', () => {
  it.each([
    [undefined, null],
    ['', null],
    ['<0.0.0', false],
    ['>=1.2.0', true],
  ])('with patched versions %j has a fix: %j', (patched, fixAvailable) => {
    const advisory = { module_name: 'left-pad', severity: 'high', patched_versions: patched };
    const report = readQuickAuditReport({ advisories: { 9: advisory }, metadata: { vulnerabilities: { high: 1 } } });
    expect(report).toMatchObject({ counted: 1, dependencies: null, findings: [{ fixAvailable }] });
  });
});
