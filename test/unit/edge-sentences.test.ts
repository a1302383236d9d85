import { describe, expect, it } from '@jest/globals';
import type { TargetBacklog } from '../../src/cleanup/backlog/backlog-report.js';
import { earlier } from '../../src/cleanup/backlog/due-figures.js';
import { BrakeError } from '../../src/cleanup/limits/brake.error.js';
import { readQuickAuditReport } from '../../src/dependency-scan/audits/quick-audit-report.js';
import { replicaCheck } from '../../src/doctor/replica-checks.js';
import { runsSchemaChecks } from '../../src/doctor/runs-schema-checks.js';
import { backlogHealth } from '../../src/health/health-of.js';
import { rotationFailure, shortcoming } from '../../src/totp-key-rotation/rotation-failure.js';
import { RUNS_SCHEMA_VERSION } from '../../src/tasks/runs/runs-schema-steps.js';
import { TotpRotationTally } from '../../src/totp-key-rotation/totp-rotation-tally.js';

const EARLY = '2026-03-01T03:00:00.000000Z';
const LATE = '2026-03-02T03:00:00.000000Z';
const LIMITS = { maxRowsPerTarget: 10, maxFractionPerTarget: 0.5 };

describe('the health of a backlog', () => {
  const target: TargetBacklog = {
    name: 'audit_logs',
    status: 'measured',
    dueRows: 1200,
    isEstimate: true,
    oldestDueSince: EARLY,
    oldestDueSeconds: 60,
    tableBytes: 8192,
    isFallingBehind: true,
  };

  it.each([
    [{}, `audit_logs falls behind: about 1,200 rows are due, the oldest since ${EARLY}`],
    [{ isEstimate: false, oldestDueSince: null }, 'audit_logs falls behind: 1,200 rows are due'],
    [{ dueRows: null }, `audit_logs falls behind, the oldest since ${EARLY}`],
  ])('says of a target with %j: %s', (changes, reason) => {
    const report = { measuredAt: LATE, scheduleIntervalSeconds: null, targets: [{ ...target, ...changes }] };
    expect(backlogHealth(report)).toEqual({ health: 'failing', reason });
  });
});

describe('the earlier of two instants', () => {
  it.each([
    [EARLY, LATE, EARLY],
    [LATE, EARLY, EARLY],
    [null, LATE, LATE],
    [null, null, null],
  ])('of %j and %j is %j', (one, other, first) => {
    expect(earlier(one, other)).toBe(first);
  });
});

describe('the word of a brake that ends a deletion', () => {
  it.each([
    [null, '11 rows are deleted'],
    [20, '11 rows of what were 20 are deleted'],
  ])('names what was deleted of a total of %j', (total, deleted) => {
    expect(BrakeError.excess('BRAKE_MAX_ROWS', { rows: 11, total }, LIMITS).message).toContain(`: ${deleted}, `);
  });
});

describe('the code of a failed rotation', () => {
  it.each([
    ['BRAKE_MAX_ROWS', BrakeError.excess('BRAKE_MAX_ROWS', { rows: 11, total: null }, LIMITS)],
    ['UNEXPECTED', new TypeError('a bug')],
  ])('can be %s', (code, error) => {
    expect(rotationFailure(error, 'rolling').code).toBe(code);
  });
});

describe('the replicas that the doctor names', () => {
  it('are ten hosts at most, and the count of the rest', () => {
    const hosts = Array.from({ length: 12 }, (_, index) => ({ host: `h${index}`, processes: 1 }));
    expect(replicaCheck(hosts).message).toMatch(/: 12, on h0, .*, h9 and 2 more$/);
  });
});

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

describe('what a rotation fell short of', () => {
  it.each([
    [1, 0, 'The secret of 1 user was held'],
    [2, 0, 'The secrets of 2 users were held'],
    [0, 1, '1 secret that needs an older key was written'],
    [0, 2, '2 secrets that need an older key were written'],
  ])('with %d users held and %d secrets written meanwhile is told', (heldUsers, writtenMeanwhile, start) => {
    const tally = Object.assign(new TotpRotationTally(), { heldUsers });
    expect(shortcoming(tally, writtenMeanwhile).error?.message).toMatch(new RegExp(`^${start}`));
  });
});

describe('the doctor on the schema of the runs', () => {
  const state = { serverVersion: 180_000, role: 'app', database: 'app', exists: true, version: 0, isUsable: true };
  const facts = { state, schema: 'runs', sqlSchema: '"runs"', sqlRole: '"app"' };

  it('says nothing where there is none', () => {
    expect(runsSchemaChecks(facts, '')).toEqual([]);
  });

  it('asks to migrate an older one, and to update below a newer one', () => {
    const older = { ...facts, state: { ...state, version: RUNS_SCHEMA_VERSION / 2 } };
    const newer = { ...facts, state: { ...state, version: 999 } };
    expect(runsSchemaChecks(older, '')).toMatchObject([
      { level: 'problem', whatToDo: expect.stringContaining('migrate') },
    ]);
    expect(runsSchemaChecks(newer, '')).toMatchObject([{ level: 'advice', message: expect.stringContaining('999') }]);
  });
});
