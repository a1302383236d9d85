import { describe, expect, it } from '@jest/globals';
import { applyAllowList, expiredAllowances } from '../../src/dependency-scan/allow-list.js';
import type { AllowedAdvisory } from '../../src/dependency-scan/dependency-scan-settings.js';
import type { Finding } from '../../src/dependency-scan/finding.js';
import { findingOf } from '../../src/dependency-scan/finding.js';
import { isAtOrAbove } from '../../src/dependency-scan/severity.js';

const lodash = findingOf({
  ids: [1_106_913],
  package: 'lodash',
  severity: 'high',
  title: 'Command Injection in lodash',
  url: 'https://github.com/advisories/GHSA-35jh-r3h4-6jhm',
  range: '<4.17.21',
  fixAvailable: true,
});
const minimist: Finding = findingOf({ ids: [7], package: 'minimist', severity: 'low', fixAvailable: null });
const entry = (id: string, expires = '2026-06-30'): AllowedAdvisory => ({ id, reason: 'not reachable', expires });

describe('the allow-list', () => {
  it.each(['GHSA-35jh-r3h4-6jhm', 'ghsa-35JH-R3H4-6JHM', '1106913'])('accepts the advisory by its id %s', (id) => {
    expect(applyAllowList([lodash, minimist], [entry(id)], '2026-01-01')).toEqual({
      findings: [minimist],
      allowed: [
        {
          id: 'GHSA-35jh-r3h4-6jhm',
          package: 'lodash',
          severity: 'high',
          reason: 'not reachable',
          expires: '2026-06-30',
        },
      ],
      staleAllowances: [],
    });
  });

  it('still accepts on the last day, and no longer on the next', () => {
    const allow = [entry('1106913')];
    expect(applyAllowList([lodash], allow, '2026-06-30').findings).toEqual([]);
    expect(applyAllowList([lodash], allow, '2026-07-01')).toEqual({
      findings: [lodash],
      allowed: [],
      staleAllowances: allow,
    });
  });

  it('names the entries of advisories that were not found', () => {
    const unmatched = entry('GHSA-aaaa-bbbb-cccc');
    expect(applyAllowList([lodash], [unmatched], '2026-01-01')).toMatchObject({
      findings: [lodash],
      staleAllowances: [unmatched],
    });
  });

  it('lets the valid one of two entries for one advisory count', () => {
    const expired = entry('1106913', '2025-01-01');
    const valid = entry('GHSA-35jh-r3h4-6jhm');
    expect(applyAllowList([lodash], [expired, valid], '2026-01-01')).toMatchObject({
      findings: [],
      allowed: [{ expires: '2026-06-30' }],
      staleAllowances: [expired],
    });
  });

  it('accepts no advisory by a part of its id', () => {
    expect(applyAllowList([lodash], [entry('110691')], '2026-01-01').findings).toEqual([lodash]);
  });

  it('names the expired entries alone when nobody knows what there is', () => {
    const expired = entry('a', '2026-06-29');
    expect(expiredAllowances([expired, entry('b')], '2026-06-30')).toEqual([expired]);
  });
});

describe('what the registry says of a vulnerability', () => {
  it('keeps on one line, without what moves or hides text, and within its length', () => {
    const { title, package: name } = findingOf({
      ids: ['x'],
      package: 'a\nb',
      severity: 'low',
      title: `\u001B[2Kforged\r\n\u0000line\uD800${'x'.repeat(1_000)}`,
      fixAvailable: null,
    });
    expect(title).toMatch(/^\[2Kforgedlinex+$/);
    expect([title.length, name]).toEqual([300, 'ab']);
  });

  it('loses the credentials of a URL, and a URL that is none', () => {
    const of = (url: string) => findingOf({ ids: [], package: 'p', severity: 'low', url, fixAvailable: null }).url;
    expect(of('https://user:hidden-word@host/a')).toBe('https://***@host/a');
    expect(of('https://host/package/@scope/name')).toBe('https://host/package/@scope/name');
    expect(of('javascript:alert(1)')).toBeNull();
  });

  it('has an id, a title and a range even when it says nothing', () => {
    expect(findingOf({ ids: [undefined, ''], package: 'p', severity: 'low', fixAvailable: null })).toMatchObject({
      id: 'unnamed advisory of p',
      title: 'no title',
      range: '*',
      url: null,
    });
  });
});

describe('a level', () => {
  it('takes in what is as bad or worse', () => {
    expect(isAtOrAbove('high', 'high')).toBe(true);
    expect(isAtOrAbove('critical', 'high')).toBe(true);
    expect(isAtOrAbove('moderate', 'high')).toBe(false);
    expect(isAtOrAbove('info', 'low')).toBe(false);
  });
});
