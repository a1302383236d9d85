import { describe, expect, it } from '@jest/globals';
import { historyText, recordedRunText, reportText } from '../../src/cli/output/history-text.js';
import { dependencyScanComplaint, dependencyScanText } from '../../src/dependency-scan/dependency-scan-text.js';
import { DEPENDENCY_SCAN_TASK } from '../../src/dependency-scan/dependency-scan.task.js';
import type { DependencyScanReport, RecordedRun, TotpKeyRotationReport } from '../../src/index.js';
import { toSummary } from '../../src/status/run-row.js';
import { TOTP_KEY_ROTATION_TASK } from '../../src/totp-key-rotation/totp-key-rotation.task.js';
import { totpRotationComplaint, totpRotationText } from '../../src/totp-key-rotation/totp-rotation-text.js';

const AT = '2026-03-01T03:00:00.000000Z';
const BASE = {
  status: 'succeeded',
  dryRun: false,
  runId: 'run-1',
  runAt: AT,
  durationMs: 12,
  stopReason: null,
  cancelledBy: null,
  force: false,
  startedBy: null,
  isUncertain: false,
} as const;
const ERROR = { code: 'DATABASE', retryable: false, message: 'no such column' };
const words = (_style: unknown, text: string): string => text;

const scan = (changes: Partial<DependencyScanReport> = {}): DependencyScanReport => ({
  ...BASE,
  task: 'dependency-scan',
  verdict: 'clean',
  level: 'high',
  packageManager: 'npm',
  lockFile: 'package-lock.json',
  counts: { critical: 0, high: 0, moderate: 0, low: 0, info: 0 },
  atOrAboveLevel: 0,
  vulnerabilities: [],
  allowed: [],
  staleAllowances: [],
  ...changes,
});

const rotation = (changes: Partial<TotpKeyRotationReport> = {}): TotpKeyRotationReport => ({
  ...BASE,
  task: 'totp-key-rotation',
  mode: 'rolling',
  total: 3,
  rotated: 0,
  alreadyCurrent: 3,
  encryptedPlaintext: 0,
  leftPlaintext: 0,
  undecryptable: 0,
  undecryptableUserIds: [],
  heldUsers: 0,
  safeToRetirePreviousKeys: false,
  keyInUseSince: null,
  keyAgeDays: null,
  lastRotationAt: null,
  ...changes,
});

const run: RecordedRun = {
  runId: 'run-1',
  task: 'cleanup',
  trigger: 'manual',
  cancelRequestedAt: null,
  slot: null,
  engine: null,
  engineJob: null,
  owner: 'host:1',
  status: 'running',
  startedAt: AT,
  finishedAt: null,
  durationMs: null,
  stopReason: null,
  cancelledBy: null,
  force: false,
  startedBy: null,
  summary: 'at work',
  error: null,
  report: null,
};

describe('the complaint about a scan', () => {
  it.each([
    [{}, undefined],
    [{ atOrAboveLevel: 1 }, 'scan-dependencies found 1 known vulnerability at or above high'],
    [{ atOrAboveLevel: 2 }, 'scan-dependencies found 2 known vulnerabilities at or above high'],
    [{ status: 'partial' }, 'scan-dependencies was stopped before it was done'],
    [{ status: 'failed', error: ERROR }, 'scan-dependencies failed (DATABASE): no such column'],
    [{ status: 'failed', error: ERROR, reason: 'no lock' }, 'scan-dependencies failed (DATABASE): no lock'],
  ] as const)('of %j is %j', (changes, complaint) => {
    expect(dependencyScanComplaint(scan(changes))).toBe(complaint);
  });

  it('has no subject to name without a lock file, and names nobody without a package manager', () => {
    expect(dependencyScanText(scan({ lockFile: null }), words)).toMatch(/^clean: no known vulnerabilities in 12 ms/);
    expect(dependencyScanText(scan({ packageManager: null }), words)).toContain('by nobody audit of package-lock.json');
  });
});

describe('the text of a rotation', () => {
  it.each([
    [{}, undefined],
    [{ status: 'failed', error: ERROR }, 'rotate-totp-key failed (DATABASE): no such column'],
    [
      { status: 'partial', mode: 'atomic', rotated: 0 },
      'rotate-totp-key was stopped with work left: every secret is as it was',
    ],
    [
      { status: 'partial', mode: 'atomic', rotated: 1 },
      'rotate-totp-key was stopped with work left: the next run goes on where this one stopped',
    ],
    [{ status: 'partial' }, 'rotate-totp-key was stopped with work left: the next run goes on where this one stopped'],
  ] as const)('complains of %j with %j', (changes, complaint) => {
    expect(totpRotationComplaint(rotation(changes))).toBe(complaint);
  });

  it('counts the users that it does not list', () => {
    const text = totpRotationText(rotation({ undecryptable: 1003, undecryptableUserIds: ['4', '5'] }), words);
    expect(text).toContain('opened by none of the keys: users 4, 5 and 1,001 more');
  });

  it.each([
    [false, 'Keep the previous keys: not every secret is known to do without them.'],
    [true, 'Keep the previous keys: secrets need them, or are opened by none.'],
  ])('tells to keep the previous keys (dry run: %j)', (dryRun, verdict) => {
    expect(totpRotationText(rotation({ dryRun }), words)).toContain(verdict);
  });
});

describe('the texts of recorded runs', () => {
  it('say why a run was stopped, and that it was forced', () => {
    const stopped = { ...run, status: 'stopped', stopReason: 'time-budget', force: true } as const;
    expect(recordedRunText(stopped, words)).toMatch(
      /^stopped as +its time was over\nstarted by +manual, forced past the brakes$/m,
    );
    const startedBy = { actor: 'Ann \u001B[2Jof the night shift', reason: 'ticket 17' };
    expect(recordedRunText({ ...run, force: true, startedBy }, words)).toMatch(
      /^started by +manual, forced past the brakes, by Ann {2}?\[2Jof the night shift, reason: ticket 17$/m,
    );
    expect(historyText([{ ...run, startedBy }], words)).toContain(' manual, Ann  [2Jof the night  ');
    const foreign = { ...run, stopReason: 'eclipse' } as unknown as RecordedRun;
    expect(recordedRunText(foreign, words)).toMatch(/^stopped as +eclipse$/m);
    const text = dependencyScanText(scan({ stopReason: 'shutdown', isUncertain: true }), words);
    expect(text).toMatch(/ \(the application shut down\): .*, give or take what was in flight .* in 12 ms/);
  });

  it('show a dash for the end and the time of a run that goes on', () => {
    expect(recordedRunText(run, words)).toMatch(/^ended +-\ntime +-$/m);
    expect(historyText([run], words)).toMatch(/running +run-1/);
  });

  it('show the end and the time of a run that is over', () => {
    const over = { ...run, status: 'succeeded', finishedAt: AT, durationMs: 12 } as const;
    expect(recordedRunText(over, words)).toMatch(/^ended +2026-03-01T03:00:00\.000000Z\ntime +12 ms$/m);
    expect(historyText([over], words)).toMatch(/succeeded +12 ms +run-1/);
  });

  it('show the fields of a report whose task they do not know', () => {
    const report = { ...BASE, task: 'toString' };
    expect(JSON.parse(reportText('toString', report, words))).toEqual(report);
  });
});

describe('the summary of a run', () => {
  const row = { ...run, summary: null, fields: null, leaseExpiresAt: null, progress: null };

  it.each([
    [{ status: 'running' }, 'at work'],
    [{ status: 'lost' }, 'its process crashed or lost touch with the database'],
    [{ status: 'skipped' }, 'skipped'],
    [{ status: 'skipped', error: ERROR }, 'no such column'],
    [{ status: 'succeeded', summary: 'deleted 1 row' }, 'deleted 1 row'],
  ] as const)('of %j is %j', (changes, summary) => {
    expect(toSummary({ ...row, ...changes }).summary).toBe(summary);
  });

  it('tells of a rotation, and of a scan', () => {
    expect(TOTP_KEY_ROTATION_TASK.summarize(rotation({ rotated: 1, encryptedPlaintext: 1200 }))).toBe(
      'rotated 1 secret, encrypted 1,200 in plain text',
    );
    expect(DEPENDENCY_SCAN_TASK.summarize(scan({ verdict: 'unknown' }))).toBe('could not tell');
    const counts = { critical: 0, high: 1, moderate: 0, low: 0, info: 0 };
    expect(DEPENDENCY_SCAN_TASK.summarize(scan({ verdict: 'vulnerable', counts }))).toBe('1 high vulnerability');
  });
});
