import { describe, expect, it } from '@jest/globals';
import { cleanupComplaint, cleanupText } from '../../src/cleanup/cleanup-text.js';
import { formatDuration } from '../../src/text/format.js';
import type { CleanupReport, CleanupTargetReport } from '../../src/index.js';

const TARGET: CleanupTargetReport = {
  name: 'otp_codes',
  status: 'succeeded',
  rows: 1_234_567,
  lockedRows: 0,
  referencedRows: 0,
  referencedBy: [],
  keptRows: 0,
  heldRows: 0,
  heldWhole: [],
  tableChanges: [],
  cutoff: '2026-03-01T03:00:00.123456Z',
  retentionDays: null,
  strategy: 'heap-walk',
  batches: 40,
  longestBatchMs: 31,
  durationMs: 65_000,
  isUncertain: false,
};

function report(targets: readonly CleanupTargetReport[], changes: Partial<CleanupReport> = {}): CleanupReport {
  return {
    task: 'cleanup',
    status: 'succeeded',
    dryRun: false,
    runId: 'run-1',
    runAt: '2026-03-01T03:00:00.123456Z',
    durationMs: 1_000,
    stopReason: null,
    cancelledBy: null,
    force: false,
    startedBy: null,
    isUncertain: false,
    rows: 5,
    targets,
    ...changes,
  };
}

const plain = (text: CleanupReport): string[] => cleanupText(text, (_style, words) => words).split('\n');

describe('the text of a cleanup report', () => {
  it('lines figures up under their titles', () => {
    const [titles = '', row = ''] = plain(report([TARGET]));
    expect(row).toBe(
      'otp_codes  succeeded  1,234,567  2026-03-01 03:00:00  heap-walk       40          31 ms  1 min 5 s',
    );
    expect(titles.indexOf('deleted') + 'deleted'.length).toBe(row.indexOf('1,234,567') + '1,234,567'.length);
  });

  it('says below the table which rows were locked, what was skipped and why, and what failed', () => {
    const targets: CleanupTargetReport[] = [
      { ...TARGET, lockedRows: 1 },
      { ...TARGET, name: 'audit_logs', status: 'skipped', retentionDays: 0, cutoff: null, skipReason: 'kept-forever' },
      { ...TARGET, name: 'magic_link_tokens', status: 'skipped', skipReason: 'table-not-found' },
      { ...TARGET, name: 'refresh_tokens', status: 'stopped', skipReason: 'stopped' },
      {
        ...TARGET,
        name: 'login_attempts',
        status: 'failed',
        error: { code: 'DATABASE', retryable: false, message: 'broken' },
      },
    ];
    expect(plain(report(targets)).slice(7, 12)).toEqual([
      'otp_codes: 1 due row locked, left to the next run',
      'audit_logs was skipped: its retention is 0, which keeps every row',
      'magic_link_tokens was skipped: the database has no such table',
      'refresh_tokens was skipped: the run was stopped before it came to this target',
      'login_attempts failed (DATABASE): broken',
    ]);
  });

  it('says below the table which rows stayed for a reason that is no error, each once', () => {
    const referenced = { referencedRows: 3, referencedBy: ['app.sessions', 'app.devices'] };
    const partial: CleanupTargetReport = {
      ...TARGET,
      ...referenced,
      status: 'partial',
      error: { code: 'ROWS_REFERENCED', retryable: false, message: 'too many stayed' },
    };
    expect(plain(report([{ ...TARGET, ...referenced, keptRows: 2 }, partial])).slice(4, 7)).toEqual([
      'otp_codes: 3 due rows stayed, as rows of app.sessions, app.devices refer to them',
      'otp_codes: 2 due rows kept by a trigger or rule',
      'otp_codes partial (ROWS_REFERENCED): too many stayed',
    ]);
    expect(cleanupComplaint(report([TARGET, partial], { status: 'partial' }))).toBe(
      '1 of 2 targets done in part: otp_codes (ROWS_REFERENCED)',
    );
  });

  it('says below the table of a dry run what a brake would refuse', () => {
    const braked: CleanupTargetReport = { ...TARGET, brake: 'BRAKE_MAX_ROWS' };
    expect(plain(report([braked], { dryRun: true }))[3]).toBe(
      'otp_codes: 1,234,567 rows due, a real run would refuse it (BRAKE_MAX_ROWS) and delete nothing of it',
    );
  });

  it('ends with the sum', () => {
    expect(plain(report([TARGET])).at(-1)).toBe(
      'succeeded: deleted 5 rows in 1.0 s (run run-1 at 2026-03-01T03:00:00.123456Z)',
    );
  });

  it('is the sum alone when no target was come to', () => {
    expect(plain(report([]))).toEqual([
      'succeeded: deleted 5 rows in 1.0 s (run run-1 at 2026-03-01T03:00:00.123456Z)',
    ]);
  });

  it('sets the status apart without moving the columns', () => {
    const text = cleanupText(report([TARGET]), (style, words) => `<${style}>${words}</>`);
    expect(text).toContain('otp_codes  <green>succeeded</>  1,234,567');
  });
});

describe('the complaint about a cleanup', () => {
  it('is none when all went well', () => {
    expect(cleanupComplaint(report([TARGET]))).toBeUndefined();
  });

  it('names both why a run was stopped and the failed targets', () => {
    const failed: CleanupTargetReport = {
      ...TARGET,
      status: 'failed',
      error: { code: 'DEADLOCK', retryable: true, message: 'again' },
    };
    const error = { code: 'TIME_BUDGET', retryable: true, message: 'time is over' };
    expect(cleanupComplaint(report([failed, TARGET], { status: 'stopped', error }))).toBe(
      'cleanup stopped (TIME_BUDGET): time is over; 1 of 2 targets failed: otp_codes (DEADLOCK)',
    );
  });

  it('is the error of a run that did nothing', () => {
    const error = { code: 'ALREADY_RUNNING', retryable: true, message: 'wait' };
    expect(cleanupComplaint(report([], { status: 'skipped', error }))).toBe('cleanup skipped (ALREADY_RUNNING): wait');
  });

  it('is the stop alone when nothing failed', () => {
    expect(cleanupComplaint(report([TARGET], { status: 'stopped' }))).toBe(
      'cleanup was stopped with work left, which the next run does',
    );
  });

  it('names both the stop and the failed targets', () => {
    const failed: CleanupTargetReport = {
      ...TARGET,
      status: 'failed',
      error: { code: 'DEADLOCK', retryable: true, message: 'again' },
    };
    expect(cleanupComplaint(report([failed, TARGET], { status: 'stopped' }))).toBe(
      'cleanup was stopped with work left, which the next run does; 1 of 2 targets failed: otp_codes (DEADLOCK)',
    );
  });
});

describe('a duration', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [999.7, '1000 ms'],
    [1_000, '1.0 s'],
    [59_999, '59.9 s'],
    [60_000, '1 min 0 s'],
    [3_599_999, '59 min 59 s'],
    [3_600_000, '1 h 0 min'],
    [90_060_000, '25 h 1 min'],
  ])('of %d ms is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});
