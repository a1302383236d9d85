import { describe, expect, it } from '@jest/globals';
import { type BacklogMeasurement, measureTarget } from '../../src/cleanup/backlog/measure-target.js';
import { DEFAULT_CLEANUP_SETTINGS } from '../../src/cleanup/cleanup-settings.js';
import { loginAttemptsTarget } from '../../src/cleanup/targets/cleanup-targets.js';
import { DEFAULT_RETENTION } from '../../src/retention/retention-policy.js';
import { isRetryable } from '../../src/errors/error-codes.js';

const NOTHING_KNOWN = {
  name: 'login_attempts',
  dueRows: null,
  isEstimate: false,
  oldestDueSince: null,
  oldestDueSeconds: null,
  tableBytes: null,
  isFallingBehind: false,
};

/** An error of the database, as `pg` gives it. */
const databaseError = (code: string): Error => Object.assign(new Error('refused'), { code });

function measurementThat(fails: Error, changed: Partial<BacklogMeasurement> = {}): BacklogMeasurement {
  return {
    runAt: '2026-03-01T03:00:00.000000Z',
    policy: DEFAULT_RETENTION,
    signal: new AbortController().signal,
    limits: DEFAULT_CLEANUP_SETTINGS,
    dataSource: {
      createQueryRunner: () => ({
        connect: async () => undefined,
        query: () => Promise.reject(fails),
        release: async () => undefined,
      }),
    },
    ...changed,
  } as unknown as BacklogMeasurement;
}

describe('a target whose backlog is not measured', () => {
  it.each([
    ['it has to stop', { signal: AbortSignal.abort() }, { status: 'skipped', skipReason: 'stopped' }],
    [
      'its rows are kept forever',
      { policy: { ...DEFAULT_RETENTION, loginAttemptsDays: 0 } },
      { status: 'skipped', skipReason: 'kept-forever' },
    ],
    ['it failed', {}, { status: 'failed', error: { code: 'UNEXPECTED', retryable: false, message: 'odd' } }],
  ])('says nothing but why: %s', async (_, changed, reason) => {
    const measured = await measureTarget(measurementThat(new Error('odd'), changed), loginAttemptsTarget);
    expect(measured).toEqual({ ...NOTHING_KNOWN, ...reason });
  });

  it.each([
    ['42501', 'PERMISSION_DENIED', 'refused: grant select on the table and on each of its partitions'],
    [
      '57014',
      'STATEMENT_TIMEOUT',
      'refused: measuring took longer than cleanup.statementTimeoutMs, or someone cancelled it',
    ],
    ['55P03', 'LOCK_TIMEOUT', 'refused: another session locks the table; see pg_locks, or run when it is free'],
    ['08006', 'CONNECTION_LOST', 'refused: nothing was changed'],
    ['22012', 'DATABASE', 'refused (SQLSTATE 22012)'],
  ])('says what to do about SQLSTATE %s', async (state, code, message) => {
    const { error } = await measureTarget(measurementThat(databaseError(state)), loginAttemptsTarget);
    expect(error).toEqual({ code, message, retryable: isRetryable(code) });
  });
});
