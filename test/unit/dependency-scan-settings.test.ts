import { describe, expect, it } from '@jest/globals';
import { MaintenanceConfigError } from '../../src/index.js';
import { resolveMaintenanceOptions } from '../../src/options/maintenance-options.js';

const ENTRY = { id: 'GHSA-35jh-r3h4-6jhm', reason: 'not reachable', expires: '2028-02-29' };

function problemsOf(options: object): MaintenanceConfigError['problems'] {
  try {
    resolveMaintenanceOptions(options);
  } catch (error) {
    if (error instanceof MaintenanceConfigError) {
      return error.problems;
    }
    throw error;
  }
  return [];
}

describe('the settings of the dependency scan', () => {
  it('default to findings of high severity in the working directory within two minutes', () => {
    const defaults = { trustProject: false, level: 'high', timeoutMs: 120_000, allow: [] };
    expect(resolveMaintenanceOptions().dependencyScan).toEqual(defaults);
    expect(resolveMaintenanceOptions({ dependencyScan: {} }).dependencyScan).toEqual(defaults);
  });

  it('put the scan on its schedule, which may not stand alone', () => {
    expect(resolveMaintenanceOptions().schedule.dependencyScan).toBe(false);
    expect(resolveMaintenanceOptions({ dependencyScan: {} }).schedule.dependencyScan).toBe('0 4 1 * *');
    expect(
      resolveMaintenanceOptions({ dependencyScan: {}, schedule: { dependencyScan: false } }).schedule.dependencyScan,
    ).toBe(false);
    expect(problemsOf({ schedule: { dependencyScan: '@daily' } })).toMatchObject([{ path: 'schedule.dependencyScan' }]);
  });

  it('may be a folder, a level, a time limit and a list of what is allowed', () => {
    const dependencyScan = {
      cwd: '/srv/app',
      trustProject: true,
      level: 'low',
      timeoutMs: 1_000,
      allow: [ENTRY],
    } as const;
    expect(resolveMaintenanceOptions({ dependencyScan }).dependencyScan).toEqual(dependencyScan);
  });

  it.each([
    [{ cwd: '' }, 'cwd'],
    [{ trustProject: 'yes' }, 'trustProject'],
    [{ level: 'info' }, 'level'],
    [{ timeoutMs: 999 }, 'timeoutMs'],
    [{ timeoutMs: 3_600_001 }, 'timeoutMs'],
    [{ allow: [{ ...ENTRY, id: 'a b' }] }, 'allow.0.id'],
    [{ allow: [{ ...ENTRY, reason: ' ' }] }, 'allow.0.reason'],
    [{ allow: [{ ...ENTRY, expires: '2026-02-30' }] }, 'allow.0.expires'],
    [{ allow: [{ ...ENTRY, expires: '2026-2-3' }] }, 'allow.0.expires'],
    [{ allow: [{ id: 'x', reason: 'r' }] }, 'allow.0.expires'],
    [{ allow: [{ ...ENTRY, until: 'x' }] }, 'allow.0.until'],
    [{ allow: [ENTRY, ENTRY] }, 'allow'],
    [{ levle: 'high' }, 'levle'],
  ])('are refused when they cannot be: %j', (dependencyScan, path) => {
    expect(problemsOf({ dependencyScan })).toMatchObject([{ path: `dependencyScan.${path}` }]);
  });
});
